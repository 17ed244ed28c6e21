import assert from 'node:assert/strict';
import { cannotFind, type Subject } from './subject';
import type { TestRunner } from './under-test';

const MAX_REF_CHARACTERS = 500;

/** Submissions, keys, refs. */
export function handingOver({ it }: TestRunner, subject: () => Subject, timeoutMs: number): void {
  it(
    'says what it can do, without asking anybody, and of strange services too',
    async () => {
      const { backend, can, service } = subject();
      for (const power of ['findsByKey', 'partialResults', 'exitCodes', 'walltime', 'resources'] as const) {
        assert.equal(typeof can[power], 'boolean', power);
      }
      assert.deepEqual(backend.capabilities(service), can);
      assert.equal(typeof backend.capabilities('no_such_service').findsByKey, 'boolean');
      const pause = backend.pollEveryMs(service);
      assert(pause >= 20 && pause <= 60_000, `polls every ${pause} ms`);
      await Promise.resolve();
    },
    timeoutMs,
  );

  it(
    'starts a job once when submit is repeated with one key, also at the same time (where it finds jobs by key)',
    async () => {
      const it = subject();
      const job = it.job(it.note('once'));
      const refs = it.can.findsByKey
        ? await Promise.all([it.submit(job), it.submit(job), it.submit(job)])
        : [await it.submit(job)];
      await it.until(refs[0]!, 'completed');
      if (it.can.findsByKey) {
        refs.push(await it.submit(job));
      }
      assert.equal(new Set(refs).size, 1, `several refs: ${refs.join(', ')}`);
      await it.until(refs[0]!, 'completed');
      await it.staysQuiet('once');
      assert.equal(it.lines('once'), 1);
    },
    timeoutMs,
  );

  it(
    'runs each of many jobs that come at the same time, once, and gives each a ref of its own',
    async () => {
      const it = subject();
      const names = Array.from({ length: 12 }, (_, index) => `many-${index}`);
      const refs = await Promise.all(names.map((name) => it.submit(it.job(it.note(name)))));
      assert.equal(new Set(refs).size, names.length);
      for (const ref of refs) {
        await it.until(ref, 'completed');
      }
      assert.deepEqual(
        names.map((name) => it.lines(name)),
        names.map(() => 1),
      );
    },
    timeoutMs,
  );

  it(
    'finds a job by its key, while it runs and after its end, and calls an unknown key absent (else says that it cannot)',
    async () => {
      const it = subject();
      const { job, ref } = await it.started(it.waitFor('found'));
      const stranger = it.job('true');
      if (!it.can.findsByKey) {
        await cannotFind(it, job);
      } else {
        assert.equal(await it.backend.find(job, it.signal), ref);
        assert.equal(await it.backend.find(stranger, it.signal), 'absent');
      }
      it.say('found');
      await it.until(ref, 'completed');
      if (it.can.findsByKey) {
        assert.equal(await it.backend.find(job, it.signal), ref);
        // Absent is a statement, and not a refusal.
        await it.until(await it.submit(stranger), 'completed');
      }
    },
    timeoutMs,
  );

  it(
    'gives refs that survive a database and a restart of the server',
    async () => {
      const it = subject();
      const { job, ref } = await it.started(`echo early > early; ${it.waitFor('restarted')}; echo late > late`);
      await it.until(ref, 'running');
      assert(ref.length > 0 && ref.length <= MAX_REF_CHARACTERS, `a ref of ${ref.length} characters`);
      assert(!ref.includes('\0') && Buffer.from(ref).toString() === ref, 'a ref that a database may not store as text');
      const stored = Buffer.from(ref).toString() as typeof ref;
      await it.restart();
      assert.equal((await it.poll(stored)).state, 'running');
      if (it.can.findsByKey) {
        assert.equal(await it.backend.find(job, it.signal), stored);
        assert.equal(await it.submit(job), stored);
      }
      it.say('restarted');
      await it.until(stored, 'completed');
      await it.restart();
      assert.equal((await it.poll(stored)).state, 'completed');
      const files = await it.archive(stored, 'results');
      assert.deepEqual([files.text('early'), files.text('late')], ['early\n', 'late\n']);
    },
    timeoutMs,
  );

  it(
    'shows a job who it is, and directories of its own outside of what is archived',
    async () => {
      const it = subject();
      const job = it.job('echo "$JOB_ID $JOB_KEY" > who; touch "$HOME/h" "$TMPDIR/t" && echo fine > dirs; cat > stdin');
      const ref = await it.submit(job);
      await it.until(ref, 'completed');
      const files = await it.archive(ref, 'results');
      assert.equal(files.text('dirs'), 'fine\n');
      assert.equal(files.text('stdin'), '');
      assert.deepEqual(
        files.names().filter((name) => /(^|\/)[ht]$/.test(name)),
        [],
      );
      // An executor of the Rust program is told neither.
      if (it.can.findsByKey) {
        assert.equal(files.text('who'), `${job.id} ${job.key}\n`);
      }
    },
    timeoutMs,
  );
}
