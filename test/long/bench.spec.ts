import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const BENCH = resolve(__dirname, '../../scripts/bench.mjs');
/** Nothing is said about speed: only that each row can be measured. */
const TINY = {
  repeats: 1,
  jobs: 20,
  'quota-jobs': 20,
  users: 4,
  connections: 3,
  'latency-jobs': 2,
  uploads: 20,
  'poll-ms': 200,
  'upload-mb': 3,
  'result-mb': 3,
  'through-mb': 3,
  files: 50,
  invalid: 20,
  finished: 200,
  queued: 20,
  'idle-seconds': 1,
  'settle-seconds': 1,
  'warm-up': 5,
};

interface Figure {
  readonly key: string;
  readonly ours: { readonly median: number } | null;
  readonly before?: { readonly median: number } | null;
}

interface Report {
  readonly machine: { readonly fsyncMs: number };
  readonly rows: readonly {
    readonly name: string;
    readonly figures: readonly Figure[];
    readonly errors: readonly unknown[];
  }[];
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bench-spec-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function run(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const bench = spawn(process.execPath, [BENCH, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [bench.stdout, bench.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(bench, 'close')) as [number | null];
  return { code, output };
}

it('every row of the benchmark has a number in each figure, and nothing is left behind', async () => {
  const json = join(directory, 'values.json');
  const work = join(directory, 'work');
  const sizes = Object.entries(TINY).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { output: help } = await run(['--help']);
  const names = help
    .slice(help.indexOf('rows:\n') + 6)
    .split(/[,\s]+/)
    .filter((name) => name !== '');

  const { code, output } = await run([...sizes, '--dir', work, '--json', json]);
  console.log(output);
  expect({ code, output }).toMatchObject({ code: 0 });

  const { machine, rows } = JSON.parse(readFileSync(json, 'utf8')) as Report;
  expect(machine.fsyncMs).toBeGreaterThan(0);
  expect(rows.map(({ name }) => name)).toEqual(names);
  const figures = rows.flatMap(({ name, figures: of }) =>
    of.map((figure) => ({ ...figure, key: `${name} ${figure.key}` })),
  );
  const hollow = figures.filter(({ ours, before }) => {
    const shown = before === undefined ? [ours] : [ours, before];
    return !shown.every((summary) => Number.isFinite(summary?.median));
  });
  expect(hollow).toEqual([]);
  expect(rows.flatMap(({ errors }) => errors)).toEqual([]);
  expect(readdirSync(work)).toEqual([]);
}, 300_000);

it('a size that is no number and a row that does not exist are refused', async () => {
  for (const args of [
    ['--jobs', 'many'],
    ['--rows', 'latency,nonsense'],
    ['--server', 'true'],
  ]) {
    const { code, output } = await run([...args, '--json', join(directory, 'values.json')]);
    expect({ code, output }).toEqual({ code: 2, output: expect.stringContaining('npm run bench') as string });
  }
  expect(existsSync(join(directory, 'values.json'))).toBe(false);
});
