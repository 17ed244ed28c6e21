import assert from 'node:assert/strict';
import { cannotFind, rejectsWith, type Subject } from './subject';
import type { TestRunner } from './under-test';

/** Terminations. */
export function ending({ it }: TestRunner, subject: () => Subject, timeoutMs: number): void {
  /** Processes of all kinds, each of which adds to the file while it lives. */
  const family = (to: Subject, name: string) => {
    const beat = `while :; do ${to.note(name, '$0')}; sleep 0.1; done`;
    return [
      `beat='${beat.replaceAll("'", `'\\''`)}'`,
      'bash -c "$beat" child &',
      'setsid bash -c "$beat" daemon < /dev/null > /dev/null 2>&1 &',
      '(bash -c "$beat" orphan &)',
      `bash -c "trap '' TERM HUP INT; $beat" stubborn &`,
      'wait',
    ].join('\n');
  };
  const areAllAlive = (it: Subject, name: string) => it.lines(name) > 12;

  it(
    'terminates a job with all its processes, and has ended them when it says so',
    async () => {
      const it = subject();
      const { job, ref } = await it.started(family(it, 'family'));
      await it.within(() => areAllAlive(it, 'family'));
      await it.backend.terminate(job, ref, it.signal);
      await it.staysQuiet('family');
      await it.until(ref, 'killed');
      await it.backend.terminate(job, ref, it.signal);
      assert.equal((await it.poll(ref)).state, 'killed');
    },
    timeoutMs,
  );

  it(
    'terminates a job by its key alone (else says that it cannot)',
    async () => {
      const it = subject();
      const { job, ref } = await it.started(family(it, 'by-key'));
      await it.within(() => areAllAlive(it, 'by-key'));
      if (!it.can.findsByKey) {
        await cannotFind(it, job);
        await it.backend.terminate(job, ref, it.signal);
      } else {
        await it.backend.terminate(job, null, it.signal);
      }
      await it.staysQuiet('by-key');
      await it.until(ref, 'killed');
    },
    timeoutMs,
  );

  it(
    'refuses a job that was terminated before it arrived, also after a restart (where it finds jobs by key)',
    async () => {
      const it = subject();
      if (!it.can.findsByKey) {
        await cannotFind(it);
        return;
      }
      const job = it.job(it.note('too-late'));
      await it.backend.terminate(job, null, it.signal);
      await it.backend.terminate(job, null, it.signal);
      await rejectsWith(it.submit(job), 'backend-rejected');
      await it.restart();
      await rejectsWith(it.submit(job), 'backend-rejected');
      await it.staysQuiet('too-late');
      assert.equal(it.lines('too-late'), 0);
    },
    timeoutMs,
  );

  it(
    'never runs a job that is terminated while it is handed over (where it finds jobs by key)',
    async () => {
      const it = subject();
      if (!it.can.findsByKey) {
        await cannotFind(it);
        return;
      }
      for (let round = 0; round < 5; round++) {
        const job = it.job(`while :; do ${it.note('raced')}; sleep 0.1; done`);
        const submitted = it
          .submit(job)
          .catch((error: unknown) => rejectsWith(Promise.reject(error as Error), 'backend-rejected'));
        await it.backend.terminate(job, null, it.signal);
        await submitted;
      }
      await it.staysQuiet('raced');
    },
    timeoutMs,
  );

  it(
    'leaves a job that has ended by itself as it is when it is terminated',
    async () => {
      const it = subject();
      const { job, ref } = await it.started('echo whole > result');
      await it.until(ref, 'completed');
      await it.backend.terminate(job, ref, it.signal);
      assert.equal((await it.poll(ref)).state, 'completed');
      assert.equal((await it.archive(ref, 'results')).text('result'), 'whole\n');
    },
    timeoutMs,
  );
}
