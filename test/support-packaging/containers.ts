import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually';
import { request } from '../support/http';
import type { Obstacle } from '../support-jobs/conditions';
import { notRoot } from '../support-jobs/conditions';

const run = promisify(execFile);

export const ROOT = resolve(__dirname, '../..');
export const IMAGE = 'localhost/job-orchestrator:test';
/** That of examples/client-image. */
export const EXECUTOR_IMAGE = 'localhost/job-orchestrator-align:test';

/** A script that makes the base images without an image registry, and installs buildah and podman where missing. */
const MAKE_BASE = process.env.MAKE_BASE ?? resolve(ROOT, '../shared/containers/make-base');
/** The image of Node that it makes: the Dockerfile's is of one exact release, which it can't choose. */
export const NODE_MAJOR = '24';
const BUILD_LIMIT_MS = 500_000;

/** crun refuses hybrid cgroups; the limits are what a container in a container may set; nobody runs timers here. */
const RUN = ['--runtime', 'runc', '--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=4096:4096'];
const NO_TIMER = ['--health-interval', 'disable'];

/** Why no container can be built and run here. */
export function noContainers(): Obstacle {
  return existsSync(MAKE_BASE) ? notRoot() : `no ${MAKE_BASE} to make base images with (MAKE_BASE names another)`;
}

/** Runs a command; its stdout. @throws Error with the end of its stderr */
export async function command(file: string, args: readonly string[], timeoutMs = 60_000): Promise<string> {
  const options = { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 };
  return run(file, args, options).then(
    ({ stdout }) => stdout.trim(),
    (error: unknown) => {
      const { stderr = '' } = error as { stderr?: string };
      throw new Error(`${file} ${args.join(' ')}: ${stderr.slice(-2000)}`, { cause: error });
    },
  );
}

/** Makes the base images, where they are not there yet. */
export async function makeBase(): Promise<void> {
  await command(MAKE_BASE, [NODE_MAJOR], BUILD_LIMIT_MS);
}

/** Builds the image of this repository. */
export async function buildImage(): Promise<void> {
  await makeBase();
  await build(IMAGE, ROOT, { NODE_VERSION: NODE_MAJOR });
}

/** Builds a directory's Dockerfile; layers are kept, so a second build takes seconds. */
export async function build(tag: string, directory: string, buildArgs: Record<string, string>): Promise<void> {
  const given = Object.entries(buildArgs).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  // --format docker keeps HEALTHCHECK.
  const how = ['--format', 'docker', '--pull-never', '--network', 'host', '--runtime', 'runc', '--layers'];
  await command('buildah', ['bud', ...how, ...given, '-t', tag, directory], BUILD_LIMIT_MS);
}

/** What an engine is told to give a container as few rights as will do. */
export const HARDENED = [
  ...['--read-only', '--tmpfs', '/tmp:size=16m'],
  ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
];

/** A container that runs in the background, on the network of this machine. */
export class Container {
  private constructor(
    readonly id: string,
    readonly url: string,
  ) {}

  /** Starts one and waits until it is ready. */
  static async start(
    image: string,
    options: { port: number; mode?: string; env?: Record<string, string>; args?: readonly string[] },
  ): Promise<Container> {
    const env = Object.entries({ PORT: String(options.port), HOST: '127.0.0.1', ...options.env });
    const variables = env.flatMap(([name, value]) => ['--env', `${name}=${value}`]);
    const args = [...RUN, ...NO_TIMER, '--network', 'host', ...(options.args ?? []), ...variables];
    const mode = options.mode === undefined ? [] : [options.mode];
    const id = await command('podman', ['run', '--detach', ...args, image, ...mode]);
    const container = new Container(id, `http://127.0.0.1:${options.port}`);
    await container.ready();
    return container;
  }

  /** Runs one that ends by itself: its exit code and what it wrote. */
  static runToEnd(image: string, args: readonly string[] = [], program: readonly string[] = []) {
    const all = ['run', '--rm', ...RUN, ...NO_TIMER, '--network', 'none', '--log-driver', 'none', ...args, image];
    const { status, stdout, stderr } = spawnSync('podman', [...all, ...program], { encoding: 'utf8', timeout: 60_000 });
    // Where no systemd runs, podman complains of its own timers.
    const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('time='));
    return { code: status, stdout: stdout.trim(), stderr: lines };
  }

  /** Stops it as an engine does: SIGTERM, and SIGKILL after 10 s. */
  async stop(): Promise<{ code: number; ms: number }> {
    const startedAt = Date.now();
    await command('podman', ['stop', '--time', '10', this.id]);
    const ms = Date.now() - startedAt;
    return { code: Number(await command('podman', ['inspect', '--format', '{{.State.ExitCode}}', this.id])), ms };
  }

  /** Starts it again after {@link stop}. */
  async restart(): Promise<void> {
    await command('podman', ['start', this.id]);
    await this.ready();
  }

  exec(...args: string[]): Promise<string> {
    return command('podman', ['exec', this.id, ...args]);
  }

  /** What the engine's health check says. */
  async isHealthy(): Promise<boolean> {
    return command('podman', ['healthcheck', 'run', this.id]).then(
      () => true,
      () => false,
    );
  }

  async remove(): Promise<void> {
    await command('podman', ['rm', '--force', '--time', '0', this.id]);
  }

  private async ready(): Promise<void> {
    try {
      await eventually(async () => (await request(`${this.url}/ready`)).status === 200, { timeoutMs: 30_000 });
    } catch (error) {
      const { stdout, stderr } = spawnSync('podman', ['logs', this.id], { encoding: 'utf8' });
      await this.remove();
      throw new Error(`not ready; its log: ${(stdout + stderr).slice(-2000)}`, { cause: error });
    }
  }
}
