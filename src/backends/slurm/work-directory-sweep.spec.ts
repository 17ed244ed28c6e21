import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeDurably } from './durable-text';
import { JobDirectory } from './job-directory';
import { pathsOf, stagingNameOf } from './job-paths';
import { callsOn } from './work-directory-calls';
import { sweepLeftovers, sweepOrphans } from './work-directory-sweep';

const DAY_MS = 24 * 3_600_000;
let workDir: string;
beforeEach(() => {
  workDir = mkdtempSync(join(tmpdir(), 'sweep-'));
});
afterEach(() => rmSync(workDir, { recursive: true }));

async function made(service: string | null, key: string = randomUUID()): Promise<string> {
  const { run, work, service: mark, root } = pathsOf(workDir, key);
  [run, work].forEach((path) => mkdirSync(path, { recursive: true }));
  if (service !== null) {
    await writeDurably(mark, `${service}\n`, callsOn(workDir));
  }
  writeFileSync(join(root, 'work', 'run.sh'), '');
  return key;
}

function inDays(days: number): number {
  return Date.now() + days * DAY_MS;
}

function names(): string[] {
  return readdirSync(workDir).sort();
}

describe('what crashes leave', () => {
  it('goes after a day, if its name is of our form; another server may be at a younger one', async () => {
    const others = ['.hidden.part', 'data', '.probe-7'];
    others.forEach((name) => mkdirSync(join(workDir, name)));
    const staging = await made('x', stagingNameOf(randomUUID()));
    const ofAttempt = await made('x', stagingNameOf(`${randomUUID()}.2`));
    const job = await made('x');
    await sweepLeftovers(workDir);
    expect(names()).toEqual([...others, job, staging, ofAttempt].sort());
    await sweepLeftovers(workDir, inDays(2));
    expect(names()).toEqual([...others, job].sort());
  });

  it('of terminations goes after a month, unless there is the directory of the job', async () => {
    const [gone, job] = [randomUUID(), await made('x')];
    const goneAttempt = `${gone}.2`;
    for (const key of [gone, goneAttempt, job]) {
      await new JobDirectory(workDir, key).bury();
    }
    const tombstones = join(workDir, '.terminated');
    writeFileSync(join(tombstones, 'README'), '');
    writeFileSync(join(tombstones, `.${job}.${randomUUID()}.part`), '');
    await sweepLeftovers(workDir, inDays(29));
    expect(readdirSync(tombstones).sort()).toEqual(['README', gone, goneAttempt, job].sort());
    await sweepLeftovers(workDir, inDays(31));
    expect(readdirSync(tombstones).sort()).toEqual(['README', job].sort());
  });

  it('is nothing where there is no work directory', async () => {
    expect(await sweepLeftovers(join(workDir, 'none'))).toEqual([]);
  });
});

describe("a job's directory", () => {
  const search = (changes: object = {}) => ({
    workDir,
    service: 'x',
    maxAgeMs: 10 * DAY_MS,
    isInUse: () => false,
    ...changes,
  });

  it('goes when nothing has happened in it for a month, or for MAX_AGE if that is longer', async () => {
    const key = await made('x');
    await sweepOrphans(search(), inDays(29));
    await sweepOrphans(search({ maxAgeMs: 40 * DAY_MS }), inDays(39));
    expect(names()).toEqual([key]);
    await sweepOrphans(search(), inDays(31));
    expect(names()).toEqual([]);
  });

  it('stays while somebody uses it, its job still writes, it is of another service, or no job of ours', async () => {
    const [used, writing, old] = [await made('x'), await made('x'), await made('x')];
    const stay = [used, writing, await made('y'), await made(null), await made('x', 'data')];
    const log = join(workDir, writing, 'work', '.orchestrator.stdout');
    writeFileSync(log, '');
    utimesSync(log, inDays(20) / 1000, inDays(20) / 1000);
    expect(names()).toContain(old);
    await sweepOrphans(search({ isInUse: (key: string) => key === used }), inDays(31));
    expect(names()).toEqual(stay.sort());
  });
});
