// The command line of npm run bench.

import { parseArgs } from 'node:util';
import { ROWS } from './rows/rows.mjs';

/** Sizes: what they are called, what they are by default, what they mean. */
const SIZES = {
  repeats: [3, 'how often each row is measured; the median is shown'],
  jobs: [500, 'tiny jobs of a throughput'],
  'quota-jobs': [500, 'the same of the row default-quotas'],
  users: [20, 'whose jobs those are'],
  connections: [8, 'over which jobs are uploaded'],
  'latency-jobs': [20, 'jobs of a latency'],
  uploads: [2000, 'uploads of the row uploads'],
  'poll-ms': [3000, 'how long polls are counted, after a third of that'],
  'upload-mb': [300, 'of the row big-upload'],
  'result-mb': [200, 'of the row big-results'],
  'through-mb': [200, 'of the row through'],
  files: [10000, 'small files of the row small-files'],
  invalid: [17000, 'jobs without run.sh of the row invalid'],
  finished: [100000, 'jobs that are over, of the rows history and start'],
  queued: [20000, 'jobs that wait, of the rows queued and queued-same'],
  'idle-seconds': [20, 'of the row idle; a quarter of it in the row rest'],
  'settle-seconds': [60, 'between the last job and the row idle'],
  'warm-up': [200, 'tiny jobs before each row, not measured'],
};

const TEXTS = {
  rows: ['a,b,c', 'only these'],
  dir: ['DIR', 'where databases and files go (the temp directory); removed afterwards'],
  json: ['FILE', 'write all values there, too'],
  node: ['PATH', 'the Node that runs the programs (the one that runs this)'],
  server: ['CMD', 'server of another program, measured side by side: a shell command, run'],
  client: ['CMD', 'in a directory of its own, configured by the environment; and its executor'],
};

export const USAGE = [
  'npm run bench -- [options]',
  ...Object.entries(TEXTS).map(([name, [value, text]]) => `  --${`${name} ${value}`.padEnd(19)} ${text}`),
  ...Object.entries(SIZES).map(([name, [value, text]]) => `  --${`${name} N`.padEnd(19)} ${text} (${value})`),
  '',
  'rows:',
  wrapped(ROWS.map(({ name }) => name).join(', ')),
].join('\n');

/** @throws Error that says what is wrong */
export function readOptions(args) {
  const names = [...Object.keys(SIZES), ...Object.keys(TEXTS)];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  const { values } = parseArgs({ args, options: { ...options, help: { type: 'boolean', default: false } } });
  const read = { help: values.help };
  for (const name of Object.keys(TEXTS)) read[name] = values[name];
  for (const [name, [standard]] of Object.entries(SIZES)) {
    read[camel(name)] = values[name] === undefined ? standard : whole(values[name], name);
  }
  if (Boolean(read.server) !== Boolean(read.client)) throw new Error('--server and --client belong together');
  read.rows = rowsNamed(values.rows);
  return read;
}

/** Whether an option of these, as readOptions names them, is other than it is by default. */
export function areChanged(names, options) {
  return Object.entries(SIZES).some(
    ([name, [standard]]) => names.includes(camel(name)) && options[camel(name)] !== standard,
  );
}

function camel(name) {
  return name.replace(/-./g, (match) => match[1].toUpperCase());
}

function rowsNamed(text) {
  if (text === undefined) return ROWS;
  const names = text.split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !ROWS.some((row) => row.name === name));
  if (unknown.length > 0 || names.length === 0)
    throw new Error(`--rows: no row is called ${JSON.stringify(unknown.join(', '))}`);
  return ROWS.filter(({ name }) => names.includes(name));
}

function whole(text, name) {
  const least = name === 'warm-up' ? 0 : 1;
  if (/^\d+$/.test(text) && Number(text) >= least) return Number(text);
  throw new Error(`--${name}: a whole number from ${least} on is needed, not ${JSON.stringify(text)}`);
}

function wrapped(text) {
  return text.replace(/(.{1,76})(?: |$)/g, '  $1\n').trimEnd();
}
