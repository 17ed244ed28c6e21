import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { request } from '../support/http';
import { ServerPortal } from '../support/server-portal';
import { freePort } from '../support/ports';
import { missingCommand } from '../support-jobs/conditions';
import { buildImage, command, IMAGE, noContainers, ROOT } from '../support-packaging/containers';

const MINUTE = 60_000;
/** It gives containers names for each other; the older kind of network of podman does not, as it comes. */
const NETAVARK = '/usr/lib/podman/netavark';
/** As `docker run` would have them in a container in a container. */
const CONTAINERS_CONF = `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
[network]
network_backend = "netavark"
`;

const obstacle =
  noContainers() ?? missingCommand('podman-compose') ?? (existsSync(NETAVARK) ? undefined : `no ${NETAVARK}`);
const describeUnless = obstacle === undefined ? describe : describe.skip;

describeUnless(`compose.yaml${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`, () => {
  const project = `jo${randomUUID().slice(0, 8)}`;
  let directory: string;
  let env: NodeJS.ProcessEnv;
  let portal: ServerPortal;
  let port: number;

  function compose(...args: string[]): string {
    // The tested image in place of the one that the file has built.
    const files = ['-f', join(ROOT, 'compose.yaml'), '-f', join(directory, 'image.yaml')];
    return execFileSync('podman-compose', ['-p', project, ...files, ...args], { env, encoding: 'utf8', stdio: 'pipe' });
  }

  beforeAll(async () => {
    await buildImage();
    directory = mkdtempSync(join(tmpdir(), 'orchestrator-compose-'));
    writeFileSync(join(directory, 'containers.conf'), CONTAINERS_CONF);
    writeFileSync(
      join(directory, 'image.yaml'),
      JSON.stringify({ services: { server: { image: IMAGE }, example: { image: IMAGE } } }),
    );
    port = await freePort();
    env = {
      ...process.env,
      CONTAINERS_CONF: join(directory, 'containers.conf'),
      EXECUTOR_TOKEN: 'a-secret-of-two-programs',
      ORCHESTRATOR_LISTEN: `127.0.0.1:${port}`,
    };
    compose('up', '--detach', '--no-build');
    portal = new ServerPortal(`http://127.0.0.1:${port}`);
    await eventually(async () => (await request(`http://127.0.0.1:${port}/ready`)).status === 200, {
      timeoutMs: 30_000,
    });
  }, 9 * MINUTE);

  afterAll(() => {
    compose('down', '--volumes');
    for (const network of ['portals', 'executors']) {
      execFileSync('podman', ['network', 'rm', '--force', `${project}_${network}`], { env, stdio: 'pipe' });
    }
    rmSync(directory, { recursive: true });
  });

  it('starts a server and an executor that take a job through', async () => {
    expect((await portal.result(await portal.submit('echo done > out\n'))).text('out')).toBe('done\n');
  });

  it('leaves jobs no way out: the executor has no route but to its own network', async () => {
    const routes = (await command('podman', ['exec', `${project}_example_1`, 'cat', '/proc/net/route'])).split('\n');
    const destinations = routes.slice(1).map((line) => line.split('\t')[1]);
    expect(destinations.length).toBeGreaterThan(0);
    expect(destinations).not.toContain('00000000');
  });
});
