# One image for both modes:
#   docker run -v jobs:/data -p 5000:5000 -e SERVICE_... IMAGE            server
#   docker run -v work:/data -e EXECUTOR_TOKEN=... IMAGE client           executor
# An executor's image usually adds the tools of its service: FROM this one.

FROM node:24-bookworm-slim AS toolchain
# sqlite3 comes as a prebuilt binary; these compile it where that one can't be had or used.
RUN apt-get update \
  && apt-get install -y --no-install-recommends g++ make python3 \
  && rm -rf /var/lib/apt/lists/*
ENV SCARF_ANALYTICS=false
WORKDIR /app
COPY package.json package-lock.json ./

FROM toolchain AS build
RUN npm ci --include=dev --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY src ./src
# Without the tests for backends of others, which `npm run build` makes as well.
RUN npx nest build && rm -f dist/.tsbuildinfo

FROM toolchain AS dependencies
# The prebuilt sqlite3 may want a newer libc than this image has: then it is compiled.
RUN npm ci --omit=dev --no-audit --no-fund \
  && (node -e "require('sqlite3')" || npm rebuild sqlite3 --build-from-source) \
  && node -e "require('sqlite3')"

FROM node:24-bookworm-slim
# tini, as PID 1, reaps the orphans that jobs leave. Jobs also need bash, setsid (util-linux) and coreutils, which the
# base image has; processes are looked up in /proc, so procps is not needed.
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/* \
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
# The port is PORT, else the default of the mode that PID 1 was started with.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "const isClient = require('fs').readFileSync('/proc/1/cmdline', 'latin1').split(String.fromCharCode(0)).includes('client'); fetch('http://127.0.0.1:' + (process.env.PORT || (isClient ? 9000 : 5000)) + '/health', { signal: AbortSignal.timeout(4000) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1));"]
ENTRYPOINT ["tini", "--", "node", "/app/dist/cli.js"]
CMD ["server"]
