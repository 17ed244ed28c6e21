import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { BackendRef } from '../../../src/backends/backend';
import { script } from '../../support/script';
import { drop, rejectsWith, type Subject } from './subject';
import type { TestRunner } from './under-test';

const NAMES = ['with blank', 'ümlaut', 'quote"d', "apo'strophe", '-dash', '.hidden', 'semi;colon', '%41', '日本'];
const COPIES = 120;

/** Results, partial results, and what is freed. */
export function files({ it }: TestRunner, subject: () => Subject, timeoutMs: number): void {
  it(
    'gives results whole: many files, each byte as it was, modes and logs included, again and again',
    async () => {
      const it = subject();
      const inputs: Record<string, Buffer> = { 'large.bin': randomBytes(8 * 1024 * 1024), empty: Buffer.alloc(0) };
      NAMES.forEach((name, index) => (inputs[name] = randomBytes(1 + index * 1000)));
      const commands = [
        'mkdir -p out/deep/er && find . -maxdepth 1 -type f -exec cp -t out {} +',
        `for i in $(seq ${COPIES}); do head -c $((i * 37)) large.bin > out/deep/er/$i; done`,
        'echo "#!/bin/sh" > out/tool && chmod 755 out/tool && ln -s tool out/link',
        'echo said; echo loud >&2; rm large.bin',
      ].join('\n');
      const { ref } = await it.started({ ...inputs, 'run.sh': script(commands) });
      await it.until(ref, 'completed');
      for (const round of ['first', 'again']) {
        const archive = await it.archive(ref, 'results');
        for (const [name, content] of Object.entries(inputs)) {
          assert.equal(archive.sha256(`out/${name}`), sha256(content), `${round}: out/${name}`);
        }
        for (let index = 1; index <= COPIES; index++) {
          const wanted = sha256(inputs['large.bin']!.subarray(0, index * 37));
          assert.equal(archive.sha256(`out/deep/er/${index}`), wanted, `${round}: ${index}`);
        }
        assert.equal(archive.has('large.bin'), false);
        assert.equal(archive.mode('out/tool'), 0o755);
        assert(archive.isLink('out/link'));
        assert.equal(archive.text('.orchestrator.stdout'), 'said\n');
        assert.equal(archive.text('.orchestrator.stderr'), 'loud\n');
      }
    },
    timeoutMs,
  );

  it(
    'gives the files of a job that runs as they are now (else says that it cannot)',
    async () => {
      const it = subject();
      const { ref } = await it.started(`echo begun > first; ${it.note('seen')}; ${it.waitFor('read')}; echo > second`);
      await it.until(ref, 'running');
      await it.within(() => it.lines('seen') === 1);
      if (it.can.partialResults) {
        const partial = await it.archive(ref, 'partial');
        assert.deepEqual([partial.text('first'), partial.has('second')], ['begun\n', false]);
      } else {
        await rejectsWith(it.backend.fetch(ref, 'partial', it.signal), 'backend-cannot-give');
      }
      it.say('read');
      await it.until(ref, 'completed');
      assert((await it.archive(ref, 'results')).has('second'));
      assert((await it.archive(ref, 'partial')).has('second'));
    },
    timeoutMs,
  );

  it(
    'gives the files of a job that failed',
    async () => {
      const it = subject();
      const { ref } = await it.started('echo left > behind; echo why >&2; exit 9');
      await it.until(ref, 'failed');
      const archive = await it.archive(ref, 'partial');
      assert.deepEqual([archive.text('behind'), archive.text('.orchestrator.stderr')], ['left\n', 'why\n']);
    },
    timeoutMs,
  );

  it(
    'says of a job that there never was that its files are lost',
    async () => {
      const it = subject();
      const { backend, signal } = it;
      await rejectsWith(backend.fetch(it.under.strangerRef as BackendRef, 'results', signal), 'backend-lost-job');
      await rejectsWith(
        backend.fetch('garbage' as BackendRef, 'results', signal),
        'bad-backend-ref',
        'backend-lost-job',
      );
    },
    timeoutMs,
  );

  it(
    'frees with a release what it holds of an ended job, again without harm, and leaves others alone',
    async () => {
      const it = subject();
      const other = await it.started(it.waitFor('released'));
      const before = await it.under.held?.();
      const { ref } = await it.started('echo > file');
      await it.until(ref, 'completed');
      drop(await it.backend.fetch(ref, 'results', it.signal));
      await it.backend.release(ref, it.signal);
      await it.backend.release(ref, it.signal);
      await it.backend.release(it.under.strangerRef as BackendRef, it.signal);
      if (it.under.held && before) {
        let held = await it.under.held();
        await it
          .within(async () => {
            held = (await it.under.held?.()) ?? [];
            return held.every((name) => before.includes(name));
          })
          .catch(() => assert.deepEqual(held, before));
        await rejectsWith(it.backend.fetch(ref, 'results', it.signal), 'backend-lost-job');
      }
      it.say('released');
      await it.until(other.ref, 'completed');
      await it.archive(other.ref, 'results');
    },
    timeoutMs,
  );
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
