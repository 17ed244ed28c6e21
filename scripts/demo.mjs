// npm run demo: from a fresh clone to the result of a job. Starts a server and an executor, sends the sample job
// of examples/contacts, shows how it goes and what it computed, and leaves nothing behind.
// npm run demo -- --keep: the same, then both stay up until Ctrl-C.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { checkNodeVersion, ensureBuilt, ensureInstalled } from './lib/ensure-built.mjs';
import { freePorts } from './lib/free-port.mjs';
import { Portal, isFinal, readJob, readZip } from './lib/portal.mjs';
import { Program, aborted, firstToEnd } from './lib/programs.mjs';
import { abandonSteps, bold, cyan, dim, duration, indent, red, say, size, step } from './lib/terminal.mjs';

const USAGE = `npm run demo             run the sample job, print its answer, stop
npm run demo -- --keep   the same, then leave server and executor running until Ctrl-C`;
const JOB_WITHIN_MS = 60_000;
const POLL_EVERY_MS = 15;
const TERMINATE_WITHIN_MS = 8_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const sample = join(root, 'examples', 'contacts');
const interrupt = new AbortController();
const programs = [];
let directory;

async function demo(isKept) {
  const { signal } = interrupt;
  say(`\n${bold('job-orchestrator demo')}  ${dim(`Node ${process.versions.node}`)}\n`);
  checkNodeVersion();
  await ensureInstalled(root, signal);
  await ensureBuilt(root, signal);

  const startedAt = performance.now();
  const server = await startPrograms(signal);
  const { body, files, elapsedMs } = await Promise.race([runSample(server.url, signal), firstToEnd(programs)]);
  say(`\n${bold('What the job computed')}  ${dim('summary.txt')}\n`);
  say(indent(files.get('summary.txt').toString().trimEnd()));
  say(
    `\nCompleted ${bold(duration(elapsedMs))} after its upload; everything since the start: ${duration(performance.now() - startedAt)}.`,
  );
  if (isKept) await keep(server, body.id, signal);
  else say(dim('To go on with curl: npm run demo -- --keep'));
}

/** Starts both programs side by side; returns the server once both answer. */
async function startPrograms(signal) {
  directory = mkdtempSync(join(tmpdir(), 'job-orchestrator-demo-'));
  const cli = join(root, 'dist', 'cli.js');
  const [serverPort, executorPort] = await freePorts(2);
  const executorUrl = `http://127.0.0.1:${executorPort}`;
  const executor = new Program({
    name: 'executor',
    mode: 'client',
    cli,
    port: executorPort,
    directory,
    env: { KILL_GRACE: '2' },
  });
  programs.push(executor);
  const server = new Program({
    name: 'server',
    mode: 'server',
    cli,
    port: serverPort,
    directory,
    env: {
      SERVICE_CONTACTS_UPLOAD_URL: `${executorUrl}/submit`,
      SERVICE_CONTACTS_DOWNLOAD_URL: `${executorUrl}/retrieve`,
      SERVICE_CONTACTS_TERMINATE_URL: `${executorUrl}/kill`,
    },
  });
  programs.push(server);
  for (const program of programs) {
    const shown = step(program.name, 'starting');
    await program.ready(signal);
    shown.done(program.url);
  }
  return server;
}

/** Sends the sample job and follows it to its zip. */
async function runSample(url, signal) {
  const portal = new Portal(url, signal);
  const job = readJob(sample);
  const total = job.reduce((sum, { content }) => sum + content.length, 0);
  const uploading = step('upload', 'examples/contacts');
  const sentAt = performance.now();
  const body = await portal.upload('contacts', 1, job);
  uploading.done(`${job.length} files of examples/contacts, ${size(total)}`);

  const shown = step(`job ${body.id}`, body.status, { isVerbose: true });
  const chain = [body.status];
  for (;;) {
    const state = await portal.state(body.id);
    if (state.status !== chain.at(-1)) {
      chain.push(state.status);
      shown.update(chain.join(' → '), state.status);
    }
    const elapsedMs = performance.now() - sentAt;
    if (state.zip) {
      shown.done(chain.join(' → '));
      return { body, files: await openResults(state.zip), elapsedMs };
    }
    if (isFinal(state.status) || elapsedMs > JOB_WITHIN_MS) {
      shown.failed(chain.join(' → '));
      const why = state.message ? `: ${state.message}` : '';
      if (isFinal(state.status)) throw new Error(`job ${body.id} ended ${state.status}${why}`);
      throw new Error(`job ${body.id} is still ${state.status} after ${duration(elapsedMs)}${why}`);
    }
    await delay(POLL_EVERY_MS, undefined, { signal });
  }
}

async function openResults(zip) {
  const archive = join(directory, 'results.zip');
  writeFileSync(archive, zip);
  const shown = step('results', archive);
  const files = await readZip(root, zip);
  if (!files.has('summary.txt')) {
    shown.failed(`no summary.txt among ${[...files.keys()].join(', ')}`);
    throw new Error('the archive lacks the answer');
  }
  shown.done(`zip of ${files.size} files, ${size(zip.length)}`);
  return files;
}

/** Prints what to type next and waits for Ctrl-C. @throws Error when a program ends before that */
async function keep(server, id, signal) {
  const from = relative(process.env.INIT_CWD ?? process.cwd(), sample) || '.';
  const sent = readJob(sample).map(({ name }) => `-F ${quoted(`file=@${join(from, name)}`)}`);
  const commands = [
    [
      'send the sample again',
      `curl -F user_id=1 -F service=contacts \\\n  ${sent.join(' \\\n  ')} \\\n  ${server.url}/upload`,
    ],
    ['its state, or its zip once completed', `curl ${server.url}/download/${id} -o results.zip`],
    ['all that is known of it', `curl ${server.url}/jobs/${id}`],
    ['stop a job that has not ended', `curl -X POST ${server.url}/terminate/${id}`],
    ['how server and executor are', programs.map(({ url }) => `curl ${url}/health`).join('\n')],
  ];
  say(`\n${bold('Both stay up.')} To go on (a new upload has the next id):\n`);
  for (const [what, command] of commands) say(`  ${dim(`# ${what}`)}\n${indent(command)}\n`);
  say(`  API, to try in the browser   ${cyan(`${server.url}/swagger`)}`);
  say(`  results, databases and logs  ${directory}`);
  say(`\n${bold('Ctrl-C')} stops both and removes that directory.`);
  await Promise.race([aborted(signal), firstToEnd(programs)]);
}

/** Ends jobs, then programs, then removes the files. Also what a failed or interrupted demo does. */
async function cleanUp() {
  const server = programs.find(({ name }) => name === 'server');
  if (server && !server.hasExited) {
    // Jobs outlive an executor that is stopped, by design: so they are ended first, as far as that is possible.
    await new Portal(server.url, AbortSignal.timeout(TERMINATE_WITHIN_MS)).terminateAll().catch(() => undefined);
  }
  await Promise.all(programs.map((program) => program.stop()));
  if (directory) rmSync(directory, { recursive: true, force: true });
}

function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function reportFailure(error) {
  say(`\n${red('The demo failed:')} ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof Error && error.cause) say(`cause: ${error.cause.message ?? error.cause}`);
  for (const program of programs) {
    say(`\n${bold(`Last lines of the ${program.name}`)}${program.hasExited ? ' (ended)' : ''}\n`);
    say(indent(program.tail() || '(nothing)'));
  }
  say();
}

async function main(args) {
  const unknown = args.filter((arg) => !['--keep', '--help', '-h'].includes(arg));
  if (unknown.length > 0 || args.includes('--help') || args.includes('-h')) {
    say(unknown.length > 0 ? `unknown: ${unknown.join(' ')}\n\n${USAGE}` : USAGE);
    return unknown.length > 0 ? 2 : 0;
  }
  const isKept = args.includes('--keep');
  let code = 0;
  try {
    await demo(isKept);
  } catch (error) {
    code = 1;
    abandonSteps();
    if (!interrupt.signal.aborted) reportFailure(error);
  }
  if (interrupt.signal.aborted) {
    // To end a kept pair with Ctrl-C is how it is meant to end.
    if (code !== 0) code = interrupt.signal.reason === 'SIGINT' ? 130 : 143;
    say('\nStopping');
  }
  await cleanUp();
  say(dim(directory ? `Server and executor stopped, ${directory} removed.` : 'Nothing was started.'));
  return code;
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(name, () => {
    if (interrupt.signal.aborted) {
      // Asked twice: out at once, the directory stays.
      for (const program of programs) program.kill();
      process.exit(130);
    }
    interrupt.abort(name);
  });
}
// A closed pipe (`npm run demo | head`) must still stop the programs.
process.stdout.on('error', () => interrupt.abort('SIGTERM'));

process.exitCode = await main(process.argv.slice(2));
