import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { finished } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { cannotFind, drop, PROMPTLY_MS, type Subject } from './subject';
import type { TestRunner } from './under-test';

/** Calls that nobody waits for any more. */
export function aborts({ it }: TestRunner, subject: () => Subject, timeoutMs: number): void {
  it(
    'rejects a call whose signal has aborted already, and does nothing',
    async () => {
      const it = subject();
      const { ref, job } = await it.started(it.waitFor('aborted-before'));
      await it.until(ref, 'running');
      const gone = AbortSignal.abort(new Error('nobody waits'));
      const unborn = it.job(it.note('unborn'));
      const calls: Record<string, () => Promise<unknown>> = {
        submit: () => it.backend.submit(unborn, gone),
        poll: () => it.backend.poll([ref], gone),
        fetch: () => it.backend.fetch(ref, 'partial', gone).then((stream) => finished(stream.resume())),
        ...(it.can.findsByKey && { find: () => it.backend.find(job, gone) }),
      };
      for (const [name, call] of Object.entries(calls)) {
        await assert.rejects(promptly(name, call()), `${name} took no notice of its signal`);
      }
      await it.staysQuiet('unborn');
      assert.equal(it.lines('unborn'), 0);
      it.say('aborted-before');
      await it.until(ref, 'completed');
    },
    timeoutMs,
  );

  it(
    'lets go of a call within a second of its abort, and is none the worse for it',
    async () => {
      const it = subject();
      const { ref, job } = await it.started(`trap '' TERM; ${it.note('stays')}; ${it.waitFor('never')}`);
      await it.within(() => it.lines('stays') === 1);
      for (const delayMs of [0, 5, 50]) {
        for (const call of [
          (signal: AbortSignal) => it.backend.ready(it.service, signal),
          (signal: AbortSignal) => it.backend.poll([ref], signal),
          (signal: AbortSignal) => it.backend.fetch(ref, 'partial', signal).then(drop),
          ...(it.can.findsByKey ? [(signal: AbortSignal) => it.backend.find(job, signal)] : []),
        ]) {
          await abortedAfter(delayMs, call);
        }
      }
      await it.until(ref, 'running');
      // This one takes its grace.
      await abortedAfter(20, (signal) => it.backend.terminate(job, ref, signal));
      await it.backend.terminate(job, ref, it.signal);
      await it.until(ref, 'killed');
      await abortedAfter(0, (signal) => it.backend.release(ref, signal));
    },
    timeoutMs,
  );

  it(
    'runs a job once whose hand-over was aborted and repeated (where it finds jobs by key)',
    async () => {
      const it = subject();
      if (!it.can.findsByKey) {
        // Nobody repeats it then.
        await cannotFind(it);
        return;
      }
      for (const [index, delayMs] of [0, 2, 10, 40].entries()) {
        const name = `again-${index}`;
        const job = it.job({ 'run.sh': `${it.note(name)}\n`, data: randomBytes(2_000_000) });
        await abortedAfter(delayMs, (signal) => it.backend.submit(job, signal));
        await it.until(await it.submit(job), 'completed');
        assert.equal(it.lines(name), 1);
      }
    },
    timeoutMs,
  );

  it(
    'breaks an archive off, with an error, when its signal aborts',
    async () => {
      const it = subject();
      const { ref } = await it.started('head -c 30000000 /dev/urandom > large');
      await it.until(ref, 'completed');
      const stop = new AbortController();
      const stream = await it.backend.fetch(ref, 'results', stop.signal);
      const ended = finished(stream, { writable: false });
      stream.once('data', () => {
        stream.pause();
        stop.abort();
      });
      await assert.rejects(promptly('the stream', ended), 'an archive that is not whole ended without an error');
      assert((await it.archive(ref, 'results')).size('large') === 30_000_000);
    },
    timeoutMs,
  );
}

/** Aborts the call after so long; it has to settle soon, in whatever way. */
async function abortedAfter(delayMs: number, call: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const stop = new AbortController();
  const settled = call(stop.signal).then(
    () => undefined,
    () => undefined,
  );
  await wait(delayMs);
  stop.abort();
  await promptly(`a call that was aborted after ${delayMs} ms`, settled);
}

async function promptly<T>(what: string, work: Promise<T>): Promise<T> {
  const deadline = new AbortController();
  const late = wait(PROMPTLY_MS, undefined, { signal: deadline.signal }).then(
    () => assert.fail(`${what} did not settle within ${PROMPTLY_MS} ms`),
    () => assert.fail('never seen'),
  );
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    deadline.abort();
  }
}
