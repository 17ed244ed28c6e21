import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { request } from '../support/http';
import { blocksOf } from '../support/pages';
import { freePort } from '../support/ports';
import { ZipContents } from '../support/zip';
import { Clone, noPodman } from '../support-packaging/clone';
import { buildImage, EXECUTOR_IMAGE, IMAGE } from '../support-packaging/containers';

const MINUTE = 60_000;
const PAGE = 'docs/deploying/containers.md';
const EXAMPLE = 'examples/client-image/README.md';
const IMAGES = [
  [/(image: |-t )job-orchestrator\b/g, `$1${IMAGE}`],
  [/(image: |-t )align-executor\b/g, `$1${EXECUTOR_IMAGE}`],
] as const;

const obstacle = noPodman();
const describeUnless = obstacle === undefined ? describe : describe.skip;

describeUnless(`compose.yaml${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`, () => {
  let clone: Clone;
  let url: string;

  const ready = () => eventually(async () => (await request(`${url}/ready`)).status === 200, { timeoutMs: 30_000 });
  const inside = (service: string, line: string) => clone.type(`docker exec ${clone.project}_${service}_1 ${line}`);

  beforeAll(async () => {
    await buildImage();
    const listen = `127.0.0.1:${await freePort()}`;
    url = `http://${listen}`;
    clone = await Clone.make(IMAGES, { ORCHESTRATOR_LISTEN: listen, JOB_ORCHESTRATOR_URL: url });
    await clone.follow(PAGE, 'compose up');
    await ready();
  }, 9 * MINUTE);

  afterAll(async () => {
    const { project } = clone;
    await clone.type(`docker compose -f compose.yaml -f examples/client-image/compose.yaml down --volumes
for each in portals example align; do docker network rm --force ${project}_$each; done`);
    clone.remove();
  }, MINUTE);

  it('is started by the README in the same words', () => {
    const typed = (page: string) => blocksOf(page).find(({ text }) => text.includes('docker compose up'))?.text;
    expect(typed('README.md')).toBe(typed(PAGE));
  });

  it('starts a server and an executor that take the job of the page through', async () => {
    await clone.follow(PAGE, 'submit run.sh');
    const zip = await ZipContents.read(readFileSync(join(clone.directory, 'results.zip')));
    expect(zip.text('hello.txt')).toBe('hello from job 1\n');
  });

  it('leaves jobs no way out: the executor has no route but to its own network', async () => {
    const routes = (await inside('example', 'cat /proc/net/route')).trim().split('\n');
    const destinations = routes.slice(1).map((line) => line.split('\t')[1]);
    expect(destinations.length).toBeGreaterThan(0);
    expect(destinations).not.toContain('00000000');
  });

  it(
    'can be given another executor, as examples/client-image does, and neither of the two reaches the other',
    async () => {
      // docker compose starts the server anew by itself.
      await clone.type('docker compose down');
      await clone.follow(EXAMPLE, 'compose.yaml');
      await ready();
      await clone.follow(EXAMPLE, 'submit');
      const zip = await ZipContents.read(readFileSync(join(clone.directory, 'identity.zip')));
      expect(blocksOf(EXAMPLE).find(({ language }) => language === 'text')?.text).toBe(zip.text('identity.txt'));
      const ask = (host: string, port: number) =>
        `node -e 'fetch("http://${host}:${port}/health").then((a) => console.log(a.status), (e) => console.log(e.cause.code))'`;
      expect(await inside('align', ask('server', 5000))).toBe('200\n');
      expect(await inside('server', ask('example', 9000))).toBe('200\n');
      const addressOf = async (service: string) =>
        (
          await clone.type(`docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' \\
          ${clone.project}_${service}_1`)
        ).trim();
      for (const host of ['example', await addressOf('example')]) {
        expect(await inside('align', ask(host, 9000))).not.toBe('200\n');
      }
    },
    4 * MINUTE,
  );
});
