import assert from 'node:assert/strict';
import type { BackendRef, BackendReport } from '../../../src/backends/backend';
import { eventually } from '../../support/eventually';
import type { Subject } from './subject';
import type { TestRunner } from './under-test';

const GARBAGE = [
  '',
  'garbage',
  'n1:',
  'slurm:1:x:y:z',
  '{"id":1}',
  '../../etc/passwd',
  'x'.repeat(600),
  'a\nb',
  '\u{1f600}:1',
];
/** Clocks of two machines may differ. */
const SKEW_MS = 60_000;

/** What poll and watch say. */
export function reports({ it }: TestRunner, subject: () => Subject, timeoutMs: number): void {
  it(
    'answers a poll for every ref: states of its own jobs, lost for unknown ones, unclear for garbage',
    async () => {
      const it = subject();
      const own = await Promise.all([it.waitFor('polled'), 'true', 'exit 3'].map((script) => it.started(script)));
      const refs = own.map(({ ref }) => ref);
      const [running, completed, failed] = refs as [BackendRef, BackendRef, BackendRef];
      const stranger = it.under.strangerRef as BackendRef;
      await it.until(running, 'running');
      await it.until(completed, 'completed');
      await it.until(failed, 'failed');
      const garbage = GARBAGE as BackendRef[];
      const asked = [...garbage, ...refs, stranger];
      // A system may look twice before it gives a job up.
      const answers = await eventually(
        async () => {
          const latest = await it.backend.poll(asked, it.signal);
          return latest.get(stranger)?.state === 'lost' && latest;
        },
        { timeoutMs: it.patienceMs, intervalMs: 250 },
      );
      assert.equal(answers.size, asked.length);
      const stateOf = (ref: BackendRef) => answers.get(ref)?.state;
      assert.deepEqual(refs.map(stateOf), ['running', 'completed', 'failed']);
      for (const ref of garbage) {
        assert.equal(stateOf(ref), 'unclear', `garbage ${JSON.stringify(ref)}`);
        assert.notEqual(answers.get(ref)?.message, '');
      }
      assert.notEqual(answers.get(stranger)?.message, '');
      assert.equal((await it.backend.poll([], it.signal)).size, 0);
      it.say('polled');
      await it.until(running, 'completed');
    },
    timeoutMs,
  );

  it(
    'tells how a script ended (exit codes where it says that it tells them)',
    async () => {
      const it = subject();
      const begun = Date.now();
      const scripts = ['true', 'exit 7', 'kill -KILL $$', 'no-such-command-here'];
      const started = await Promise.all(scripts.map((script) => it.started(script)));
      const [zero, seven, killed, missing] = (await Promise.all(
        started.map(({ ref }, index) => it.until(ref, index === 0 ? 'completed' : 'failed')),
      )) as [BackendReport, BackendReport, BackendReport, BackendReport];
      for (const report of [zero, seven, killed, missing]) {
        assert.equal(report.isBackendFault, false, JSON.stringify(report));
        plausibleTimes(report, begun);
      }
      if (it.can.exitCodes) {
        assert.equal(zero.exitCode, 0);
        assert.deepEqual([seven.exitCode, seven.signal], [7, null]);
        assert(killed.signal === 'SIGKILL' || killed.exitCode === 137, JSON.stringify(killed));
        assert.equal(missing.exitCode, 127);
        [seven, killed, missing].forEach(({ message }) => assert.notEqual(message, ''));
      }
    },
    timeoutMs,
  );

  it(
    'calls a job without run.sh invalid',
    async () => {
      const it = subject();
      const { ref } = await it.started({ data: 'of no use' });
      await it.until(ref, 'invalid');
    },
    timeoutMs,
  );

  it(
    'ends a script that runs longer than its walltime, with all its processes (where it keeps walltimes)',
    async () => {
      const it = subject();
      if (!it.can.walltime) {
        // The server ends such jobs; here the wish must do no harm.
        await it.until(await it.submit(it.job('true', { walltimeMs: 2_000 })), 'completed');
        return;
      }
      const script = `(while :; do ${it.note('overtime')}; sleep 0.1; done) & sleep 300`;
      const long = await it.submit(it.job(script, { walltimeMs: 2_000 }));
      const short = await it.submit(it.job('sleep 0.2', { walltimeMs: 120_000 }));
      const report = await it.until(long, 'failed');
      assert.match(report.message, /2 s/, 'the limit is not in the message');
      assert.equal(report.isBackendFault, false);
      assert(it.lines('overtime') > 5, 'it was ended before its time');
      await it.staysQuiet('overtime');
      await it.until(short, 'completed');
    },
    timeoutMs,
  );

  it(
    'pushes what it would say to a poll (where it pushes)',
    async () => {
      const it = subject();
      const heard = new Map<BackendRef, BackendReport>();
      const stop = new AbortController();
      let gaps = 0;
      const listener = {
        report: (ref: BackendRef, _key: string | null, report: BackendReport) => void heard.set(ref, report),
        gap: () => {
          gaps++;
        },
      };
      it.backend.watch?.(listener, stop.signal);
      try {
        const slowMs = it.backend.pollEveryMs(it.service);
        // It need not be able to push with the system that it has.
        await eventually(() => gaps > 0, { timeoutMs: 2_000 }).catch(() => undefined);
        if (gaps === 0) {
          assert(slowMs <= 5_000, `it doesn't push, and is polled only every ${slowMs} ms`);
          return;
        }
        const { ref } = await it.started('exit 4');
        await it.within(() => heard.get(ref)?.state === 'failed');
        assert.deepEqual(heard.get(ref), await it.poll(ref));
      } finally {
        stop.abort();
      }
    },
    timeoutMs,
  );
}

function plausibleTimes({ startedAt, endedAt }: BackendReport, begun: number): void {
  for (const time of [startedAt, endedAt].filter((each) => each !== null)) {
    assert(time >= begun - SKEW_MS && time <= Date.now() + SKEW_MS, `not milliseconds since 1970: ${time}`);
  }
  assert(startedAt === null || endedAt === null || startedAt <= endedAt, 'it ended before it began');
}
