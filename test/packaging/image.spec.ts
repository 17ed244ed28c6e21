import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { urlsAt } from '../support/pair';
import { acceptedId } from '../support/portal';
import { freePort } from '../support/ports';
import { script } from '../support/script';
import {
  buildImage,
  command,
  Container,
  HARDENED,
  IMAGE,
  NODE_MAJOR,
  noContainers,
  ROOT,
} from '../support-packaging/containers';
import { ServerPortal } from '../support/server-portal';

const BASE = `docker.io/library/node:${NODE_MAJOR}-bookworm-slim`;
const TOKEN = 'a-secret-of-two-programs';
const MIB = 1024 * 1024;
const MINUTE = 60_000;
/** What the program and all that it needs add to the image of Node. */
const MAX_ADDED_BYTES = 75 * MIB;

const obstacle = noContainers();
const describeUnless = obstacle === undefined ? describe : describe.skip;
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

interface Inspected {
  readonly Size: number;
  readonly Config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Cmd: readonly string[];
    readonly Volumes: Record<string, unknown>;
    readonly ExposedPorts: Record<string, unknown>;
  };
  readonly Healthcheck: { readonly Test: readonly string[] };
}

async function inspect(image: string): Promise<Inspected> {
  const answer = await command('podman', ['image', 'inspect', '--format', 'json', image]);
  return (JSON.parse(answer) as [Inspected])[0];
}

describeUnless(`the container image${reason}`, () => {
  const volumes: string[] = [];
  const containers: Container[] = [];
  let server: Container;
  let executor: Container;
  let portal: ServerPortal;

  /** A fresh named volume, as the argument that mounts it. */
  function volume(): string[] {
    const name = `orchestrator-test-${randomUUID()}`;
    volumes.push(name);
    return ['--volume', `${name}:/data`];
  }

  async function start(...args: Parameters<typeof Container.start>): Promise<Container> {
    const container = await Container.start(...args);
    containers.push(container);
    return container;
  }

  beforeAll(async () => {
    await buildImage();
    const port = await freePort();
    executor = await start(IMAGE, {
      port,
      mode: 'client',
      env: { EXECUTOR_TOKEN: TOKEN, KILL_GRACE: '1' },
      args: [...HARDENED, ...volume()],
    });
    const urls = urlsAt(executor.url);
    server = await start(IMAGE, {
      port: await freePort(),
      env: {
        EXECUTOR_TOKEN: TOKEN,
        SERVICE_EXAMPLE_UPLOAD_URL: urls.upload,
        SERVICE_EXAMPLE_DOWNLOAD_URL: urls.download,
        SERVICE_EXAMPLE_TERMINATE_URL: urls.terminate,
      },
      args: [...HARDENED, ...volume()],
    });
    portal = new ServerPortal(server.url);
  }, 9 * MINUTE);

  afterAll(async () => {
    for (const container of containers) await container.remove();
    for (const name of volumes) await command('podman', ['volume', 'rm', '--force', name]);
  });

  it('is of one exact release of Node, and adds little to it', async () => {
    const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
    expect(dockerfile).toMatch(new RegExp(`^ARG NODE_VERSION=${NODE_MAJOR}\\.\\d+\\.\\d+$`, 'm'));
    const froms = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, from]) => from);
    expect(new Set(froms)).toEqual(new Set(['docker.io/library/node:${NODE_VERSION}-bookworm-slim', 'base']));
    const [whole, base] = [await inspect(IMAGE), await inspect(BASE)];
    expect(whole.Size - base.Size).toBeLessThan(MAX_ADDED_BYTES);
  });

  it('says whom it runs as, where its data lies, and how its health is asked for; and holds no secret', async () => {
    const { Config, Healthcheck } = await inspect(IMAGE);
    expect(Config).toMatchObject({
      User: '1000:1000',
      Entrypoint: ['tini', '--', 'node', '/app/dist/cli.js'],
      Cmd: ['server'],
      Volumes: { '/data': {} },
      ExposedPorts: { '5000/tcp': {}, '9000/tcp': {} },
    });
    expect(Healthcheck.Test).toEqual(['CMD', 'node', '/app/dist/health-check.js']);
    expect(Config.Env.filter((entry) => /TOKEN|SECRET|PASSWORD/.test(entry))).toEqual([]);
  });

  it('holds no compiler, no sources and no tests', async () => {
    expect((await server.exec('ls', '/app')).split('\n').sort()).toEqual([
      'LICENSE',
      'dist',
      'node_modules',
      'package.json',
    ]);
    const found = await server.exec(
      'sh',
      '-c',
      'command -v g++ make python3; find /app -name "*.ts" -o -name "*.map" -o -name "*.o"',
    );
    expect(found).toBe('');
  });

  it('runs as user 1000 below tini, without capabilities, with nothing to write to but its data and /tmp', async () => {
    for (const container of [server, executor]) {
      expect(await container.exec('cat', '/proc/1/comm')).toBe('tini');
      const status = await container.exec('cat', '/proc/1/status');
      expect(status).toMatch(/^Uid:\s+1000\s+1000\s+1000\s+1000$/m);
      expect(status).toMatch(/^CapEff:\s+0+$/m);
      await expect(container.exec('touch', '/app/x')).rejects.toThrow(/Read-only file system/);
    }
  });

  it('is healthy in both modes, and not where nobody answers', async () => {
    expect([await server.isHealthy(), await executor.isHealthy()]).toEqual([true, true]);
    const nobody = String(await freePort());
    await expect(server.exec('env', `PORT=${nobody}`, 'node', '/app/dist/health-check.js')).rejects.toThrow();
  });

  it('docker/read-only: takes 100 MiB and gives 100 MiB back, with none of it below /tmp', async () => {
    const data = randomBytes(100 * MIB);
    const answer = await portal.upload({ 'run.sh': script('cp data.bin copy.bin; rm data.bin'), 'data.bin': data });
    const zip = await portal.result(acceptedId(answer), MINUTE);
    expect(zip.sha256('copy.bin')).toBe(createHash('sha256').update(data).digest('hex'));
    for (const container of [server, executor]) {
      expect(await container.exec('ls', '-A', '/tmp')).toBe('');
    }
  });

  it('reaps what jobs leave behind', async () => {
    await portal.result(await portal.submit(script('for i in 1 2 3; do setsid -f sleep 0.2; done')));
    const left = "grep -ls '^State:.Z' /proc/[0-9]*/status; grep -lsx sleep /proc/[0-9]*/comm; true";
    await eventually(async () => (await executor.exec('sh', '-c', left)) === '');
  });

  it('docker/volume: writes to a fresh named volume, and says in one line why it cannot write to a bind mount of root', async () => {
    expect(await server.exec('stat', '-c', '%u', '/data', '/data/db.sqlite', '/data/jobs')).toBe('1000\n1000\n1000');
    const directory = mkdtempSync(join(tmpdir(), 'orchestrator-bind-'));
    chmodSync(directory, 0o755);
    try {
      for (const mode of ['server', 'client']) {
        const ended = Container.runToEnd(IMAGE, [...HARDENED, '--volume', `${directory}:/data`], [mode]);
        expect(ended.code).toBe(1);
        expect(ended.stderr).toEqual([expect.stringMatching(/\/data.*\b1000\b/)]);
      }
      expect(readdirSync(directory)).toEqual([]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('ends with 0 within 10 s of SIGTERM while a job runs, and a server that is started again has its result', async () => {
    const id = await portal.submit(script('sleep 3; echo done > out'));
    await portal.waitFor(id, 'Running');
    const stopped = await server.stop();
    expect(stopped.code).toBe(0);
    expect(stopped.ms).toBeLessThan(10_000);
    await server.restart();
    expect((await portal.result(id)).text('out')).toBe('done\n');
    const last = await executor.stop();
    expect(last.code).toBe(0);
    expect(last.ms).toBeLessThan(10_000);
    await executor.restart();
  });
});
