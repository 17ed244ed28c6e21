import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { JobDirectory, type NewJob } from './job-directory';

let root: string;
let workDir: string;
let job: NewJob;
let directory: JobDirectory;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'job-directory-'));
  workDir = join(root, 'work');
  const inputDir = join(root, 'input');
  [workDir, inputDir].forEach((path) => mkdirSync(path));
  writeFileSync(join(inputDir, 'run.sh'), 'echo hello\n');
  job = {
    service: 'x',
    inputDir,
    batchScript: '#!/bin/bash\n',
    filter: { enabled: true, allow: [], allowVariable: 'A' },
  };
  directory = new JobDirectory(workDir, 'key');
});
afterEach(() => rmSync(root, { recursive: true }));

/** What is synced meanwhile, in order, relative to `workDir`. */
async function syncedBy(work: () => Promise<void>): Promise<string[]> {
  const handle = await open(root);
  const methods = Object.getPrototypeOf(handle) as typeof handle;
  await handle.close();
  const paths: string[] = [];
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this`
  const { sync } = methods;
  const seen = jest.spyOn(methods, 'sync').mockImplementation(function (this: typeof handle) {
    paths.push(relative(workDir, readlinkSync(`/proc/self/fd/${this.fd}`)));
    return sync.call(this);
  });
  try {
    await work();
  } finally {
    seen.mockRestore();
  }
  return paths;
}

describe("a job's directory", () => {
  it('remembers how far the job has come', async () => {
    expect(await directory.handed()).toEqual({ state: 'not-asked' });
    await directory.prepare(job);
    expect(await directory.handed()).toEqual({ state: 'not-asked' });
    await directory.noteAsked();
    expect(await directory.handed()).toEqual({ state: 'asked' });
    writeFileSync(directory.paths.started, '8 .\n');
    expect(await directory.handed()).toEqual({ state: 'taken', jobId: 8 });
    await directory.noteTaken(7);
    expect(await directory.handed()).toEqual({ state: 'taken', jobId: 7 });
    await directory.remove();
    expect([await directory.handed(), readdirSync(workDir)]).toEqual([{ state: 'not-asked' }, []]);
  });

  it('keeps what only the server writes out of where the job writes', async () => {
    await directory.prepare(job);
    await directory.noteAsked();
    await directory.noteTaken(7);
    expect(readdirSync(directory.paths.run)).toEqual([]);
  });

  it.each([
    ['echo hello\n', ['batch.sh', 'service', 'work', 'work/data', 'work/run.sh']],
    ['echo hello\r\n', ['batch.sh', 'note', 'service', 'work', 'work/data', 'work/run.sh']],
    ['sudo reboot\n', ['refused', 'service', 'work']],
  ])('is synced with all that is in it before it has its name: script %j', async (script, names) => {
    writeFileSync(join(job.inputDir, 'run.sh'), script);
    writeFileSync(join(job.inputDir, 'data'), 'x');
    const synced = await syncedBy(() => directory.prepare(job));
    const within = synced.map((path) => relative('.key.part', path));
    expect(within).toEqual(expect.arrayContaining(names));
    expect(within.slice(-2)).toEqual(['', '..']);
  });

  it('is not left half made when it cannot be finished', async () => {
    // In its way: no directory can take this name.
    writeFileSync(directory.paths.root, '');
    await expect(directory.prepare(job)).rejects.toThrow();
    expect(readdirSync(workDir)).toEqual(['key']);
  });

  it('is not written to by way of a link, nor is the file that a link names', async () => {
    const victim = join(root, 'victim');
    writeFileSync(victim, 'mine');
    await directory.prepare(job);
    for (const name of ['job', 'job.part']) {
      symlinkSync(victim, join(directory.paths.root, name));
    }
    await directory.noteTaken(7);
    expect([readFileSync(victim, 'utf8'), await directory.handed()]).toEqual(['mine', { state: 'taken', jobId: 7 }]);
    rmSync(directory.paths.root, { recursive: true });
    mkdirSync(join(root, 'elsewhere'));
    symlinkSync(join(root, 'elsewhere'), directory.paths.root);
    await expect(directory.noteTaken(7)).rejects.toThrow();
    expect([readdirSync(join(root, 'elsewhere')), await directory.exists()]).toEqual([[], false]);
  });

  it('leaves nothing but the mark of a termination', async () => {
    expect(await directory.isBuried()).toBe(false);
    await directory.bury();
    await directory.bury();
    expect(await directory.isBuried()).toBe(true);
    expect(readdirSync(join(workDir, '.terminated'))).toEqual(['key']);
    expect(existsSync(directory.paths.root)).toBe(false);
  });
});
