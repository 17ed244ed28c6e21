import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readScriptEnd, readSupervisorId, wasClaimed } from './supervisor-record';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'record-'));
  file = join(directory, 'record');
});
afterEach(() => rmSync(directory, { recursive: true }));

function record(exit: string, notice = ''): void {
  writeFileSync(file, `12 3456 f7a9-57fb .\n${notice}${exit}`);
}

describe('readScriptEnd', () => {
  it.each(['0 .\n', '3 .\n', '130 .\n', '141 .\n', '255 .\n'])('takes %j without a notice for an exit code', (line) => {
    record(line);
    expect(readScriptEnd(file)).toEqual({ exitCode: parseInt(line), signal: null, startError: null });
  });

  it.each([
    [137, 'SIGKILL'],
    [134, 'SIGABRT'],
    [157, 'SIGIO'],
    [159, 'SIGSYS'],
    [162, 'SIGRTMIN'],
    [163, 'SIGRTMIN+1'],
    [192, 'SIGRTMIN+30'],
  ])('takes %i with a notice for the signal %s', (code, signal) => {
    record(`${code} .\n`, 'supervisor.sh: line 24: 99 Whatever (exec ...)\n');
    expect(readScriptEnd(file)).toEqual({ exitCode: null, signal, startError: null });
  });

  it.each([1, 126, 127, 254])('takes %i with a notice for a start that failed', (code) => {
    record(`${code} .\n`, ' bash: Rüstzeug fehlt\n');
    expect(readScriptEnd(file)).toEqual({ exitCode: code, signal: null, startError: 'bash: Rüstzeug fehlt' });
  });

  it.each(['', '0', '0 .', '13', 'x .\n', ' .\n'])('takes %j for no record: it was cut short', (text) => {
    record(text);
    expect(readScriptEnd(file)).toBeNull();
  });

  it('finds none where the directory is gone, or is a file', () => {
    expect(readScriptEnd(file)).toBeNull();
    writeFileSync(file, '');
    expect(readScriptEnd(join(file, 'record'))).toBeNull();
  });
});

describe('readSupervisorId', () => {
  it('reads pid, start time and boot id', () => {
    writeFileSync(file, '12 3456 f7a9-57fb .\n');
    expect(readSupervisorId(file)).toEqual({ pid: 12, startTime: '3456', bootId: 'f7a9-57fb' });
  });

  it.each(['12 3456 f7a9', '12 3456 .\n', '', '12 3456 f7a9-57fb .'])('takes %j for none', (text) => {
    writeFileSync(file, text);
    expect(readSupervisorId(file)).toBeNull();
  });
});

it('a claim is seen once it was made', () => {
  expect(wasClaimed(file)).toBe(false);
  writeFileSync(file, '');
  expect(wasClaimed(file)).toBe(true);
});
