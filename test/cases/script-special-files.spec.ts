import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { itUnless, missingCommand, notRoot, type Obstacle } from '../support-jobs/conditions';
import { allEnded, ended } from '../support-jobs/endings';
import { expectLeftOut } from '../support-jobs/leftovers';
import { upTo } from '../support-jobs/many';

/** Leaves a bound socket file behind: a process that is killed does not unlink it. */
const leaveSocket = (path: string) =>
  `"${process.execPath}" -e 'require("net").createServer().listen("${path}", () => process.kill(process.pid, "SIGKILL"))'`;

function cannotMakeDevices(): Obstacle {
  if (notRoot() !== undefined) return notRoot();
  const directory = mkdtempSync(join(tmpdir(), 'device-'));
  try {
    const made = spawnSync('mknod', [join(directory, 'null'), 'c', '1', '3']).status === 0;
    return made ? undefined : 'root may not make devices here';
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('special files in the working directory', () => {
  let pair: Pair;
  beforeAll(async () => {
    // The filter refuses python3 -c, and a later rule of it may refuse mknod: the archive has to be safe without it.
    pair = await Pair.start({ client: { SCRIPT_FILTER: 'off' } });
  });
  afterAll(() => pair.stop());

  /** The job is Completed in time, in both archives `out` is there and `name` is not, and the next job runs. */
  async function expectLeftOutOfBoth(body: string, name: string): Promise<void> {
    const id = await pair.submit(script(`${body}\necho ok > zz_out\n`));
    expect((await ended(pair, id)).status).toBe('Completed');
    for (const zip of [await pair.result(id), await pair.partial(id)]) {
      expect(zip.text('zz_out')).toBe('ok\n');
      expectLeftOut(zip, name);
    }
    const next = await pair.submit(script('echo next > out\n'));
    expect((await ended(pair, next)).status).toBe('Completed');
  }

  it('case 25: a named pipe stops neither its own job, nor a partial download, nor other jobs', async () => {
    const [ready, gate] = [join(pair.shared, 'ready25'), join(pair.shared, 'gate25')];
    const body = `mkfifo p; echo ok > out; touch ${ready}; until [ -e ${gate} ]; do sleep 0.1; done`;
    const id = await pair.submit(script(`${body}\n`));
    await eventually(() => existsSync(ready), { timeoutMs: 10_000 });
    const partial = await pair.partial(id);
    expect(partial.text('out')).toBe('ok\n');
    expectLeftOut(partial, 'p');
    writeFileSync(gate, '');

    const others = await Promise.all(upTo(5).map((n) => pair.submit(script(`echo ${n} > out\n`))));
    const states = (await allEnded(pair, [id, ...others], 10_000)).map((job) => job.status);
    expect(states).toEqual(Array(6).fill('Completed'));
    const zip = await pair.result(id);
    expect(zip.text('out')).toBe('ok\n');
    expectLeftOut(zip, 'p');
  });

  it('case 25: a named pipe in a sub-directory is left out with a note', async () => {
    await expectLeftOutOfBoth('mkdir -p a/b; mkfifo a/b/p', 'a/b/p');
  });

  it.each(['.orchestrator.stdout', '.orchestrator.stderr', '.orchestrator.notes', 'run.sh'])(
    'case 25: a named pipe in the place of %s stops nothing',
    async (name) => {
      const id = await pair.submit(
        script(`trap - EXIT\nfind . -name ${name} -delete; mkfifo ${name}; echo ok > out\n`),
      );
      expect((await ended(pair, id)).status).toBe('Completed');
      expect((await pair.result(id)).text('out')).toBe('ok\n');
      expect((await pair.partial(id)).text('out')).toBe('ok\n');
    },
  );

  it('case 25: a named pipe with a writer waiting at it is left out, and the writer is ended', async () => {
    await expectLeftOutOfBoth('mkfifo p; (setsid bash -c "echo x > p") >/dev/null 2>&1 &', 'p');
  });

  it('case 26: a Unix socket is skipped and named in a note', async () => {
    await expectLeftOutOfBoth(leaveSocket('sock'), 'sock');
  });

  it('case 26: a Unix socket in a sub-directory is skipped and named in a note', async () => {
    await expectLeftOutOfBoth(`mkdir s; ${leaveSocket('s/sock')}`, 's/sock');
  });

  itUnless(missingCommand('python3'), 'case 26: so is one that python3 left', async () => {
    const bind = `import socket;s=socket.socket(socket.AF_UNIX);s.bind('sock')`;
    await expectLeftOutOfBoth(`python3 -c "${bind}"`, 'sock');
  });

  itUnless(cannotMakeDevices(), 'case 26: character and block devices are skipped and named in a note', async () => {
    await expectLeftOutOfBoth('mknod endless c 1 5', 'endless');
    await expectLeftOutOfBoth('mkdir d; mknod d/block b 7 0', 'd/block');
  });
});
