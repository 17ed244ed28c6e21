# One image for both modes:
#   docker run -v jobs:/data -p 5000:5000 -e SERVICE_... IMAGE            server
#   docker run -v work:/data -e EXECUTOR_TOKEN=... IMAGE client           executor
# An executor's image usually adds the tools of its service: FROM this one (examples/client-image).
# How to run it well: docs/deploying/containers.md

# The release that this was tested with. Another one: --build-arg NODE_VERSION=24.X.Y
ARG NODE_VERSION=24.21.0
FROM docker.io/library/node:${NODE_VERSION}-bookworm-slim AS base
ENV SCARF_ANALYTICS=false
WORKDIR /app
COPY package.json package-lock.json ./

FROM base AS build
# The compiler needs no addon, so none is compiled here.
RUN npm ci --include=dev --ignore-scripts --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src ./src
# Without the tests for backends of others, which `npm run build` makes as well.
RUN npx nest build && find dist -type f ! -name '*.js' ! -name '*.sh' -delete

FROM base AS dependencies
# sqlite3 comes as a prebuilt binary; these compile it where that one can't be had or used.
RUN apt-get update \
  && apt-get install -y --no-install-recommends g++ make python3 \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin
# The prebuilt sqlite3 may want a newer libc than this image has: then it is compiled.
RUN npm ci --omit=dev --no-audit --no-fund \
  && (node -e "require('sqlite3')" || npm rebuild sqlite3 --build-from-source)
# What only builds, or is for browsers, editors and debuggers. Licences stay. Of the addon, only what is loaded.
RUN cd node_modules \
  && rm -rf typescript prettier typeorm/browser sqlite3/deps sqlite3/src \
  && find sqlite3/build -type f ! -path '*/Release/node_sqlite3.node' -delete \
  && find . -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete \
  && find . -type d -empty -delete \
  && node -e "require('sqlite3')"

FROM docker.io/library/node:${NODE_VERSION}-bookworm-slim
LABEL org.opencontainers.image.title="job-orchestrator" \
  org.opencontainers.image.description="Middleware between scientific web portals and the computers that run their jobs" \
  org.opencontainers.image.licenses="MIT"
# tini, as PID 1, reaps the orphans that jobs leave. Jobs also need bash, setsid (util-linux) and coreutils, which the
# base image has; processes are looked up in /proc, so procps is not needed. A fresh named volume gets the owner of /data.
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin \
  && install -d -o node -g node /data /data/jobs
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
ENV NODE_ENV=production \
  LANG=C.UTF-8 \
  DB_PATH=/data/db.sqlite \
  DATA_PATH=/data/jobs
# By number, so that a cluster can tell that it isn't root: node of the base image.
USER 1000:1000
VOLUME /data
EXPOSE 5000 9000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["node", "/app/dist/health-check.js"]
ENTRYPOINT ["tini", "--", "node", "/app/dist/cli.js"]
CMD ["server"]
