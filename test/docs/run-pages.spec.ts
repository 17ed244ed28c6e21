import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CLI } from '../support/program';
import { blocksOf, type Block } from '../support/pages';
import { Pair, type PairOptions } from '../support/pair';

const run = promisify(execFile);

/** A reader is slower than a script: what the page shows of a job is there by then. */
const READING_S = 1;

/** The last JSON value of an output: curl ends its lines with nothing. */
function lastJson(output: string): unknown {
  const line = output.trim().split('\n').at(-1) ?? '';
  const at = line.lastIndexOf('}{');
  return JSON.parse(line.slice(at + 1) || 'null');
}

/** What differs from run to run. */
function settled(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')) as unknown;
}

/** Runs what a page tells its reader to type, in one shell; the output of each block. */
async function follow(pair: Pair, shell: readonly Block[], files: Record<string, string>): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrator-page-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    const program = shell.map(({ text }) => {
      const typed = text
        .replaceAll('localhost:5000', `127.0.0.1:${pair.serverPort}`)
        .replaceAll('localhost:9000', `127.0.0.1:${pair.clientPort}`)
        .replaceAll('node dist/cli.js', `'${process.execPath}' '${CLI}'`);
      // "Once it is completed", says the page.
      const first = text.includes('-o results.zip')
        ? `until curl -s ${pair.server.url}/jobs/1 | grep -q Completed; do sleep 0.1; done`
        : ':';
      return `sleep ${READING_S}; ${first}\n${typed}\necho; echo "=== next"`;
    });
    const { stdout } = await run('bash', ['-e', '-c', program.join('\n')], {
      cwd: directory,
      env: { PATH: process.env.PATH ?? '', HOME: directory, JOB_ORCHESTRATOR_URL: pair.server.url },
    });
    return stdout.split('=== next\n');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const isShell = ({ language, isMarked }: Block): boolean => language === 'sh' && !isMarked;

/** A pair for as long as it is used. */
async function withPair<T>(options: PairOptions, use: (pair: Pair) => Promise<T>): Promise<T> {
  const pair = await Pair.start(options);
  try {
    return await use(pair);
  } finally {
    await pair.stop();
  }
}

/** What each block of JSON shows, and what the commands before it have answered. */
async function compare(page: string, pair: Pair, files: Record<string, string> = {}) {
  const blocks = blocksOf(page);
  const outputs = await follow(pair, blocks.filter(isShell), files);
  let at = -1;
  const pairs: { shown: unknown; seen: unknown }[] = [];
  for (const [index, block] of blocks.entries()) {
    at += isShell(block) ? 1 : 0;
    const before = blocks[index - 1];
    if (block.language === 'json' && before && isShell(before)) {
      pairs.push({ shown: settled(JSON.parse(block.text)), seen: settled(lastJson(outputs[at] ?? '')) });
    }
  }
  return { shown: pairs.map(({ shown }) => shown), seen: pairs.map(({ seen }) => seen) };
}

it('docs/first-job.md: the commands, one after the other, give what the page shows', async () => {
  const { shown, seen } = await withPair({ services: { words: { maxRuns: 10, runsPerUser: 2 } } }, (pair) =>
    compare('docs/first-job.md', pair),
  );
  expect(shown.length).toBeGreaterThan(8);
  expect(seen).toEqual(shown);
}, 120_000);

it('README.md: the job that it uploads gives what the page shows', async () => {
  const { shown, seen } = await withPair({ services: { example: {} } }, (pair) => compare('README.md', pair));
  expect(shown.length).toBe(1);
  expect(seen).toEqual(shown);
}, 60_000);

it('docs/api.md: the commands work', async () => {
  const files = { 'run.sh': 'true\n', 'input.pdb': 'END\n', '.curlrc': 'fail\nsilent\nshow-error\n' };
  const shell = blocksOf('docs/api.md').filter(isShell);
  const outputs = await withPair({ services: { example: {} } }, (pair) => follow(pair, shell, files));
  expect(shell.length).toBeGreaterThan(3);
  expect(JSON.parse(outputs[0] ?? '')).toEqual({ id: 1, status: 'Queued', message: 'Job successfully uploaded' });
}, 60_000);
