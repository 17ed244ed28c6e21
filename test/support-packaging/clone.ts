import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { blocksOf } from '../support/pages';
import { missingCommand, type Obstacle } from '../support-jobs/conditions';
import { IMAGE, NODE_MAJOR, noContainers, ROOT } from './containers';

const run = promisify(execFile);

/** It gives containers names for each other; the older kind of network of podman does not, as it comes. */
const NETAVARK = '/usr/lib/podman/netavark';

/** Why the pages on containers can't be followed here. */
export function noPodman(): Obstacle {
  return noContainers() ?? missingCommand('podman-compose') ?? (existsSync(NETAVARK) ? undefined : `no ${NETAVARK}`);
}

/** As `docker run` would have them in a container in a container. */
const CONTAINERS_CONF = `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
[network]
network_backend = "netavark"
`;

/** What images are made of, and what the pages name. */
const FILES = [
  ...['src', 'package.json', 'package-lock.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json', 'LICENSE'],
  ...['Dockerfile', '.dockerignore', 'compose.yaml', 'examples'],
];
const BUILD = `--format docker --pull-never --network host --runtime runc --layers
  --build-arg NODE_VERSION=${NODE_MAJOR} --build-arg IMAGE=${IMAGE}`.replace(/\s+/g, ' ');

/**
 * A clone in a directory of its own, in which what the pages say is typed. `docker` is podman there: it never pulls, and
 * its containers and networks have names with {@link project} before them.
 */
export class Clone {
  readonly directory = mkdtempSync(join(tmpdir(), 'orchestrator-clone-'));
  readonly project = `jo${randomUUID().slice(0, 8)}`;

  /** @param renamed what is called otherwise here than on the pages: expression and replacement */
  private constructor(
    private readonly renamed: readonly (readonly [RegExp, string])[],
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  static async make(renamed: readonly (readonly [RegExp, string])[], env: Record<string, string>): Promise<Clone> {
    const clone = new Clone(renamed, env);
    // With their times: copies of other times would be built anew.
    await run('cp', ['-a', ...FILES, clone.directory], { cwd: ROOT });
    symlinkSync(join(ROOT, 'dist'), join(clone.directory, 'dist'));
    const bin = join(clone.directory, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'containers.conf'), CONTAINERS_CONF);
    writeFileSync(
      join(bin, 'docker'),
      `#!/bin/sh
case $1 in
  compose) shift; exec podman-compose --podman-path '${bin}/docker' -p ${clone.project} "$@" ;;
  build) shift; exec podman build ${BUILD} "$@" ;;
  *) exec podman "$@" ;;
esac
`,
    );
    chmodSync(join(bin, 'docker'), 0o755);
    for (const file of ['compose.yaml', 'examples/client-image/compose.yaml']) {
      const path = join(clone.directory, file);
      writeFileSync(path, clone.rename(readFileSync(path, 'utf8')));
    }
    return clone;
  }

  /** Types the block of the page that has this text in it; its output. @throws Error with its stderr */
  follow(page: string, part: string): Promise<string> {
    const found = blocksOf(page).filter(({ language, text }) => language === 'sh' && text.includes(part));
    if (found.length !== 1) throw new Error(`${page} has ${found.length} blocks with ${part}`);
    return this.type(this.rename(found[0]?.text ?? ''));
  }

  /** Types a line; its output. @throws Error with its stderr */
  async type(text: string): Promise<string> {
    const { bin, ...env } = {
      ...process.env,
      ...this.env,
      bin: join(this.directory, 'bin'),
    };
    const { stdout } = await run('bash', ['-e', '-c', text], {
      cwd: this.directory,
      env: {
        ...env,
        PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
        CONTAINERS_CONF: join(bin, 'containers.conf'),
      },
      timeout: 400_000,
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }

  private rename(text: string): string {
    return this.renamed.reduce((done, [from, to]) => done.replaceAll(from, to), text);
  }
}
