import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { streamedForm } from '../support/http';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { ended } from '../support-jobs/endings';
import { itUnless } from '../support-jobs/conditions';
import { eachLimited, tally, upTo } from '../support-jobs/many';
import { directoryUse } from '../support-storage/directory-use';
import { MIB, noSmallDisk, SmallDisk } from '../support-storage/small-disk';

/** Waits between two tries are at most 15 s long. */
const RESUMES_WITHIN_MS = 30_000;

const obstacle = noSmallDisk();

/** A pair of which one program, or part of it, is on a small disk. */
async function withDisk(
  bytes: number,
  where: (disk: SmallDisk) => { server?: Record<string, string>; client?: Record<string, string> },
  test: (pair: Pair, disk: SmallDisk) => Promise<void>,
): Promise<void> {
  const disk = SmallDisk.mount(bytes);
  try {
    const pair = await Pair.start(where(disk));
    try {
      await test(pair, disk);
    } finally {
      disk.makeRoom();
      await pair.stop();
    }
  } finally {
    disk.remove();
  }
}

const everything = (disk: SmallDisk) => ({ DB_PATH: join(disk.path, 'db.sqlite'), DATA_PATH: join(disk.path, 'data') });

describe('a full disk', () => {
  itUnless(
    obstacle,
    'case 71: uploads are refused with 507 or 503 and leave nothing, the server lives, and all works again with room',
    () =>
      withDisk(
        64 * MIB,
        (disk) => ({ server: everything(disk) }),
        async (pair, disk) => {
          const data = join(disk.path, 'data');
          const upload = async () => (await pair.upload({ 'run.sh': script('echo ok > o') })).status;
          await pair.result(await pair.submit(script('true')));
          const before = directoryUse(data);
          const parts = [...pair.textParts(), { filename: 'run.sh', content: script('true') }];
          const form = streamedForm(parts, 'big', 80 * MIB);
          const answer = await pair.post('/upload', { headers: form.headers, body: form.stream, timeoutMs: 60_000 });
          expect(answer.status).toBe(507);
          expect(answer.json()).toMatchObject({
            id: 0,
            status: 'Unknown',
            message: expect.stringMatching(/space/) as string,
          });
          expect(directoryUse(data)).toEqual(before);
          expect(await upload()).toBe(201);

          disk.fill();
          const statuses = await eachLimited(upTo(20), 4, upload);
          // What is left of the last page may still take a small one.
          expect(statuses.filter((status) => ![507, 503, 201].includes(status))).toEqual([]);
          expect(statuses.filter((status) => status === 507 || status === 503).length).toBeGreaterThan(15);
          expect(directoryUse(data).entries.filter((entry) => entry.includes('.part'))).toEqual([]);
          expect((await pair.get('/health')).status).toBe(200);

          disk.makeRoom();
          expect(tally((await eachLimited(upTo(5), 1, upload)).map(String))).toEqual({ 201: 5 });
          const id = await pair.submit(script('echo ok > o'));
          expect((await pair.result(id, RESUMES_WITHIN_MS)).text('o')).toBe('ok\n');
        },
      ),
    90_000,
  );

  itUnless(
    obstacle,
    'results that find no room are fetched once there is some; a broken fetch keeps no room from others meanwhile',
    () =>
      withDisk(
        24 * MIB,
        (disk) => ({ server: { DATA_PATH: join(disk.path, 'data') } }),
        async (pair, disk) => {
          await pair.result(await pair.submit(script('true')));
          disk.fill(4 * MIB);
          const id = await pair.submit(script(`head -c ${8 * MIB} /dev/urandom > big; sha256sum big > sum`));
          await eventually(async () => /ENOSPC|space/.test((await pair.job(id)).message), {
            lastSeen: () => 'the job does not say that the disk is full',
          });
          // Full for the moments of a try, not for the waits between.
          let looks = 0;
          let withRoom = 0;
          await eventually(() => {
            looks++;
            withRoom += disk.free > 3 * MIB ? 1 : 0;
            return looks === 100;
          });
          expect(withRoom).toBeGreaterThan(50);
          const small = await pair.submit({ 'run.sh': script('true'), data: randomBytes(MIB) });
          expect((await ended(pair, small, RESUMES_WITHIN_MS)).status).toBe('Completed');
          disk.makeRoom();
          const zip = await pair.result(id, RESUMES_WITHIN_MS);
          expect(zip.text('sum')).toContain(zip.sha256('big'));
          expect((await pair.job(id)).message).toBe('');
        },
      ),
    90_000,
  );

  itUnless(
    obstacle,
    'the database on a full disk delays ends and refuses uploads, and nothing is lost of either',
    () =>
      withDisk(
        8 * MIB,
        (disk) => ({ server: { DB_PATH: join(disk.path, 'db.sqlite') } }),
        async (pair, disk) => {
          const gate = join(pair.shared, 'gate');
          const held = await eachLimited(upTo(5), 5, () =>
            pair.submit(script(`until [ -e ${gate} ]; do sleep 0.1; done; echo ok > o`)),
          );
          await Promise.all(held.map((id) => pair.waitFor(id, 'Running')));
          disk.fill();
          const refused = await eventually(
            async () => {
              // Many: the file has room of its own for some hundred rows.
              const answers = await eachLimited(upTo(64), 16, () => pair.upload({ 'run.sh': script('true') }));
              disk.fill();
              return answers.map(({ status }) => status).find((status) => status !== 201);
            },
            { timeoutMs: 60_000 },
          );
          expect([507, 503]).toContain(refused);
          const entries = pair.serverEntries().length;
          expect([507, 503]).toContain((await pair.upload({ 'run.sh': script('true') })).status);
          expect(pair.serverEntries().length).toBe(entries);
          writeFileSync(gate, '');
          expect((await pair.get(`/download/${held[0]!}`)).status).toBe(200);
          disk.makeRoom();
          for (const id of held) expect((await pair.result(id, RESUMES_WITHIN_MS)).text('o')).toBe('ok\n');
          await pair.result(await pair.submit(script('true')));
        },
      ),
    90_000,
  );

  itUnless(
    obstacle,
    'an executor without room takes no job and fails none: they wait, and run once there is some',
    () =>
      withDisk(
        16 * MIB,
        (disk) => ({ client: everything(disk) }),
        async (pair, disk) => {
          await pair.result(await pair.submit(script('true')));
          disk.fill();
          const id = await pair.submit({ 'run.sh': script('cksum data > o'), data: randomBytes(2 * MIB) });
          await eventually(async () => (await pair.job(id)).message !== '', { timeoutMs: 15_000 });
          expect(['Queued', 'Processing']).toContain((await pair.job(id)).status);
          disk.makeRoom();
          expect((await pair.result(id, RESUMES_WITHIN_MS)).has('o')).toBe(true);
        },
      ),
    90_000,
  );

  itUnless(
    obstacle,
    'a job that prints until the disk of its executor is full ends by itself, its files are had, and others run again',
    () =>
      withDisk(
        16 * MIB,
        (disk) => ({ client: everything(disk) }),
        async (pair) => {
          // The limit of logs is larger than the disk.
          const loud = await pair.submit(script('yes 2>/dev/null; exit 3'));
          const job = await ended(pair, loud, RESUMES_WITHIN_MS);
          expect(job).toMatchObject({ status: 'Failed', exit_code: 3 });
          expect((await pair.partial(loud)).size('.orchestrator.stdout')).toBeGreaterThan(8 * MIB);
          expect((await ended(pair, await pair.submit(script('true')), RESUMES_WITHIN_MS)).status).toBe('Completed');
        },
      ),
    90_000,
  );

  itUnless(
    obstacle,
    'a job that leaves the disk of its executor full is archived whole all the same',
    () =>
      withDisk(
        16 * MIB,
        (disk) => ({ client: everything(disk) }),
        async (pair, disk) => {
          const [ready, go] = ['ready', 'go'].map((name) => join(pair.shared, name)) as [string, string];
          const wait = `touch ${ready}; until [ -e ${go} ]; do sleep 0.1; done`;
          const id = await pair.submit(script(`head -c 4000000 /dev/urandom > big; sha256sum big > sum; ${wait}`));
          await eventually(() => existsSync(ready));
          disk.fill();
          writeFileSync(go, '');
          const job = await ended(pair, id, RESUMES_WITHIN_MS);
          expect(job.message).toBe('');
          const zip = await pair.result(id);
          expect(zip.text('sum')).toContain(zip.sha256('big'));
        },
      ),
    90_000,
  );
});
