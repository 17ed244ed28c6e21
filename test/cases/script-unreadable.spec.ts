import { readdirSync } from 'node:fs';
import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import type { ZipContents } from '../support/zip';
import { itUnless, missingCommand, notRoot } from '../support-jobs/conditions';
import { ended } from '../support-jobs/endings';
import { notesOf } from '../support-jobs/leftovers';

const NOBODY = 65534;

/** Root can read everything, so the executor has to be somebody else. */
const obstacle = notRoot() ?? missingCommand('setpriv');

describe('files that the executor may not read', () => {
  let pair: Pair;
  beforeAll(async () => {
    if (obstacle === undefined) pair = await Pair.start({ clientOptions: { uid: NOBODY } });
  });
  afterAll(async () => {
    if (obstacle === undefined) await pair.stop();
  });

  function expectReadOrNoted(zip: ZipContents, name: string, text: string): void {
    if (zip.names().includes(name)) expect(zip.text(name)).toBe(text);
    else expect(notesOf(zip)).toContain(name);
  }

  /** Whether anything of a job is left in the executor's data directory. */
  function jobFilesLeft(): string[] {
    return readdirSync(pair.clientData, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('run.sh'),
    );
  }

  itUnless(
    obstacle,
    'case 28: an unreadable file or directory costs nothing else its place, and can be cleaned up',
    async () => {
      const id = await pair.submit(
        script('echo a > x; chmod 000 x; mkdir d; echo b > d/y; chmod 000 d; echo ok > out\n'),
      );
      expect((await ended(pair, id)).status).toBe('Completed');
      const zip = await pair.result(id);
      expect(zip.text('out')).toBe('ok\n');
      expectReadOrNoted(zip, 'x', 'a\n');
      if (!zip.names().includes('d/y')) expect(notesOf(zip)).toMatch(/\bd\b/);
      await eventually(() => jobFilesLeft().length === 0, {
        timeoutMs: 70_000,
        lastSeen: () => jobFilesLeft().join(' '),
      });
    },
    90_000,
  );

  itUnless(
    obstacle,
    'case 28: a directory that may not be searched, or not be changed, can be cleaned up too',
    async () => {
      const body =
        'mkdir -p ro/sub; echo c > ro/sub/f; chmod 555 ro/sub ro; mkdir nox; echo d > nox/f; chmod 644 nox; echo ok > zz';
      const id = await pair.submit(script(`${body}\n`));
      expect((await ended(pair, id)).status).toBe('Completed');
      const zip = await pair.result(id);
      expect(zip.text('zz')).toBe('ok\n');
      expect(zip.text('ro/sub/f')).toBe('c\n');
      expectReadOrNoted(zip, 'nox/f', 'd\n');
      await eventually(() => jobFilesLeft().length === 0, {
        timeoutMs: 70_000,
        lastSeen: () => jobFilesLeft().join(' '),
      });
    },
    90_000,
  );

  itUnless(
    obstacle,
    'case 28: unreadable log files and a closed working directory do not keep a job from ending',
    async () => {
      const logs = await pair.submit(script('echo noise; echo ok > out; chmod 000 .orchestrator.stdout\n'));
      expect((await pair.result(logs)).text('out')).toBe('ok\n');
      const closed = await pair.submit(script('echo ok > out; chmod 000 .\n'));
      const job = await ended(pair, closed);
      if (job.status === 'Completed') expectReadOrNoted(await pair.result(closed), 'out', 'ok\n');
      else expect(job.message).not.toBe('');
      expect([200, 404]).toContain((await pair.get(`/download_partial/${closed}`)).status);
    },
  );
});
