import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HangingDisk, noHangingDisk } from '../../../test/support-storage/hanging-disk';
import { itUnless } from '../../../test/support-jobs/conditions';
import { TypeScriptChild } from '../../../test/support-units/typescript-child';
import { pathsOf } from './job-paths';

/** A backend on the work directory `args[0]`; `calls`: many of each kind. */
const BACKEND = `
  require('reflect-metadata');
  const { randomUUID } = require('node:crypto');
  const { setTimeout: wait } = require('node:timers/promises');
  const { readServerConfig } = require('./src/config/server-config.ts');
  const { SlurmBackend } = require('./src/backends/slurm/slurm.backend.ts');
  const { encodeRef } = require('./src/backends/slurm/slurm-ref.ts');
  const { widenThreadPool } = require('./src/backends/slurm/thread-pool.ts');
  const variables = { SERVICE_X_BACKEND: 'slurm', SERVICE_X_SLURM_WORKDIR: args[0] };
  widenThreadPool(Object.assign(process.env, variables));
  const backend = new SlurmBackend(readServerConfig(variables));
  const calls = (stop) => Array.from({ length: 20 }, () => {
    const signal = AbortSignal.any([stop]);
    const job = { service: 'x', key: randomUUID() };
    const ref = encodeRef({ service: 'x', jobId: 7, key: job.key });
    return [
      backend.fetch(ref, 'results', signal),
      backend.fetch(ref, 'partial', signal),
      backend.release(ref, signal),
      backend.find(job, signal),
      backend.terminate(job, null, signal),
    ];
  }).flat();`;

const LIMIT_MS = 15_000;

/** What the code, with a backend on a file system that does not answer, says. */
async function heard(code: string, disk = HangingDisk.mount(), workDir = disk.path): Promise<unknown> {
  const child = TypeScriptChild.start(`${BACKEND}${code}`, [workDir]);
  const limit = setTimeout(() => void child.kill(), LIMIT_MS);
  try {
    return JSON.parse((await child.hear()) ?? '"nothing, in time"') as unknown;
  } finally {
    clearTimeout(limit);
    await child.kill();
    disk.remove();
  }
}

const obstacle = noHangingDisk();

describe('a work directory whose file system hangs', () => {
  itUnless(obstacle, 'holds up nothing else: neither the program, nor what needs threads of its pool', async () => {
    const said = await heard(`
      let lateMs = 0;
      let at = performance.now();
      setInterval(() => {
        lateMs = Math.max(lateMs, performance.now() - at - 10);
        at = performance.now();
      }, 10);
      calls(new AbortController().signal).forEach((call) => call.catch(() => undefined));
      await wait(200);
      const { lookup } = require('node:dns/promises');
      const { stat } = require('node:fs/promises');
      const others = Promise.all([lookup('localhost'), stat('/'), stat('/'), stat('/'), stat('/')]);
      const pool = await Promise.race([others.then(() => 'works'), wait(3000, 'is full')]);
      say(JSON.stringify({ pool, isPrompt: lateMs < 1000 }));`);
    expect(said).toEqual({ pool: 'works', isPrompt: true });
  });

  itUnless(obstacle, 'holds no call for longer than a second after its abort', async () => {
    const said = await heard(`
      const stop = new AbortController();
      const settled = Promise.allSettled(calls(stop.signal));
      await wait(200);
      stop.abort(new Error('nobody waits'));
      const results = await Promise.race([settled, wait(1000, [])]);
      say(JSON.stringify([results.length, [...new Set(results.map(({ reason }) => String(reason)))]]));`);
    expect(said).toEqual([100, ['Error: nobody waits']]);
  });

  itUnless(obstacle, 'may do so under an archive or a removal: their aborts are heard all the same', async () => {
    const workDir = mkdtempSync(join(tmpdir(), 'hung-'));
    const { root, work } = pathsOf(workDir, 'key');
    const below = join(work, 'below');
    mkdirSync(below, { recursive: true });
    const said = await heard(
      `
      const ref = encodeRef({ service: 'x', jobId: 7, key: 'key' });
      const stop = new AbortController();
      const stream = await backend.fetch(ref, 'results', stop.signal);
      const ends = [
        new Promise((resolve) => stream.resume().once('error', resolve).once('end', resolve)),
        backend.release(ref, stop.signal).catch((error) => error),
      ];
      await wait(200);
      stop.abort(new Error('nobody waits'));
      const names = Promise.all(ends).then((errors) => errors.map(({ name }) => name));
      say(JSON.stringify(await Promise.race([names, wait(1000, 'late')])));`,
      HangingDisk.mount(below),
      workDir,
    );
    expect(said).toEqual(['AbortError', 'Error']);
    expect(readdirSync(root)).toEqual(['work']);
    rmSync(workDir, { recursive: true });
  });

  itUnless(obstacle, 'is what a user who wants files of a running job is told', async () => {
    const said = await heard(`
      const ref = encodeRef({ service: 'x', jobId: 7, key: randomUUID() });
      const { code, message } = await backend.fetch(ref, 'partial', new AbortController().signal).catch((error) => error);
      say(JSON.stringify({ code, message }));`);
    expect(said).toEqual({
      code: 'backend-unavailable',
      message: 'the file system has not answered within 5 s',
    });
  });
});
