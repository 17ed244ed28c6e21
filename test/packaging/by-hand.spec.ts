import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { request } from '../support/http';
import { freePort } from '../support/ports';
import { ServerPortal } from '../support/server-portal';
import { Clone, noPodman } from '../support-packaging/clone';
import { IMAGE, makeBase } from '../support-packaging/containers';

const MINUTE = 60_000;
const PAGE = 'docs/deploying/containers.md';
const TOKEN = 'EXECUTOR_TOKEN=a-secret-of-two-programs\n';

const obstacle = noPodman();
const describeUnless = obstacle === undefined ? describe : describe.skip;

describeUnless(`containers by hand${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`, () => {
  const own = `jo${process.pid}`;
  let clone: Clone;
  let url: string;

  beforeAll(async () => {
    await makeBase();
    const listen = `127.0.0.1:${await freePort()}`;
    url = `http://${listen}`;
    const renamed = [
      [/127\.0\.0\.1:5000/g, listen],
      [/(-t |^ +)job-orchestrator\b/gm, `$1${IMAGE}`],
      [/\b(example|server)\b(?!\.env)/g, `${own}-$1`],
    ] as const;
    clone = await Clone.make(renamed, {});
    writeFileSync(join(clone.directory, 'client.env'), TOKEN);
    const addresses = { UPLOAD: 'submit', DOWNLOAD: 'retrieve', TERMINATE: 'kill' };
    const lines = Object.entries(addresses).map(
      ([name, path]) => `SERVICE_EXAMPLE_${name}_URL=http://${own}-example:9000/${path}\n`,
    );
    writeFileSync(join(clone.directory, 'server.env'), TOKEN + lines.join(''));
    await clone.follow(PAGE, 'docker network create');
    await eventually(async () => (await request(`${url}/ready`)).status === 200, { timeoutMs: 30_000 });
  }, 9 * MINUTE);

  afterAll(async () => {
    await clone.type(`docker rm --force --time 0 ${own}-server ${own}-example
docker volume rm --force ${own}-server ${own}-example
docker network rm --force ${own}-example`);
    clone.remove();
  }, MINUTE);

  it('are a server and an executor that take a job through', async () => {
    const portal = new ServerPortal(url);
    expect((await portal.result(await portal.submit('echo done > out\n'))).text('out')).toBe('done\n');
  });

  it('have the other commands in them', async () => {
    const output = await clone.follow(PAGE, 'docker exec');
    expect(output).toMatch(/example.*^ok +configuration.*backup\.sqlite/ms);
  });
});
