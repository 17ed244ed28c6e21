import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DIRECTORY = join(__dirname, '../backends/slurm/recorded');

/** What one of SLURM's commands really said: recorded, with the command and the version at its head. */
export interface Recorded {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

export function recorded(name: string): Recorded {
  const lines = readFileSync(join(DIRECTORY, name), 'utf8').split('\n');
  const noted = (label: string) =>
    lines.filter((line) => line.startsWith(`# ${label}: `)).map((line) => line.slice(label.length + 4));
  return {
    stdout: lines.filter((line) => !/^# (command|version|stderr|exit): /.test(line)).join('\n'),
    stderr: noted('stderr')
      .map((line) => `${line}\n`)
      .join(''),
    code: Number(noted('exit')[0]),
  };
}

export function recordedJson(name: string): unknown {
  return JSON.parse(readFileSync(join(DIRECTORY, name), 'utf8'));
}

/** The body and status of a recorded answer, head and all. */
export function recordedHttp(name: string): { status: number; body: string } {
  const [head, body] = readFileSync(join(DIRECTORY, name), 'utf8').split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head ?? '')?.[1]), body: body ?? '' };
}

/** Copies of a text that are cut short at every place. */
export function* cutShort(text: string): Generator<string> {
  for (let length = 0; length < text.length; length++) {
    yield text.slice(0, length);
  }
}
