import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync, appendFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { READ_BYTES, readJobFiles } from './job-file-reader';
import { type JobPaths, pathsOf } from './job-paths';
import { readRecords } from './run-records';

let workDir: string;
let paths: JobPaths;
beforeEach(() => {
  workDir = mkdtempSync(join(tmpdir(), 'job-files-'));
  paths = pathsOf(workDir, 'key');
  mkdirSync(paths.run, { recursive: true });
});
afterEach(() => rmSync(workDir, { recursive: true }));

async function exitText(): Promise<string | null> {
  return (await readJobFiles(paths, 'run', { exit: 'start' })).exit;
}

describe("a job's file", () => {
  it('is read, and none is no fault', async () => {
    writeFileSync(paths.exit, '7 script 0 .\n');
    const texts = await readJobFiles(paths, 'run', { exit: 'start', started: 'start' });
    expect(texts).toEqual({ exit: '7 script 0 .\n', started: null });
    rmSync(paths.root, { recursive: true });
    expect(await exitText()).toBeNull();
  });

  it.each(['/proc/self/environ', '/dev/zero', '/etc/hostname'])('that is a link to %s is none', async (target) => {
    symlinkSync(target, paths.exit);
    expect(await exitText()).toBeNull();
  });

  it('that is a FIFO, a socket or a directory is none, and nobody waits for it', async () => {
    execFileSync('mkfifo', [paths.exit, paths.output, paths.notice]);
    expect(await readRecords(paths)).toEqual({
      startedBy: null,
      exit: null,
      overtimeMs: null,
      note: '',
      hint: '',
      output: '',
    });
    rmSync(paths.exit);
    mkdirSync(paths.exit);
    expect(await exitText()).toBeNull();
    const server = createServer().listen(paths.started);
    await once(server, 'listening');
    expect(await readJobFiles(paths, 'run', { started: 'start' })).toEqual({ started: null });
    server.close();
  });

  it('is read up to a few KiB, however large it is', async () => {
    writeFileSync(paths.exit, '7 script 0 .\n');
    truncateSync(paths.exit, 1024 ** 4);
    expect((await exitText())?.length).toBe(READ_BYTES);
    writeFileSync(paths.output, '');
    truncateSync(paths.output, 1024 ** 4);
    appendFileSync(paths.output, 'the end\n');
    expect((await readRecords(paths)).output.endsWith('the end')).toBe(true);
  });

  it.each(['run', 'root'] as const)(
    'is not looked for where a link leads that stands in place of %s',
    async (which) => {
      const elsewhere = join(workDir, 'elsewhere');
      mkdirSync(join(elsewhere, 'run'), { recursive: true });
      writeFileSync(join(elsewhere, 'run', 'exit'), 'secret');
      rmSync(paths[which], { recursive: true });
      symlinkSync(which === 'run' ? join(elsewhere, 'run') : elsewhere, paths[which]);
      expect(await exitText()).toBeNull();
    },
  );
});
