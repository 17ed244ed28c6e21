import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from '../support/http';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import { ZipContents } from '../support/zip';
import { freeDiskBelow, itUnless, missingCommand } from '../support-jobs/conditions';
import { ended } from '../support-jobs/endings';

const MIB = 1024 * 1024;
const isShort = process.env.TEST_LONG === 'short';
const BYTES = isShort ? 300_000_000 : 4_600_000_000;
/** The file, its archive at the executor, at the server, and the download. */
const obstacle = freeDiskBelow(isShort ? 2 : 20, tmpdir());

describe('a big result', () => {
  let pair: Pair;
  beforeAll(async () => {
    if (obstacle === undefined) pair = await Pair.start();
  });
  afterAll(async () => {
    if (obstacle === undefined) await pair.stop();
  });

  itUnless(
    obstacle,
    `case 32: an archive of ${BYTES} bytes is whole, and neither program grows with it`,
    async () => {
      const body = `head -c ${BYTES} /dev/urandom > big; sha256sum big > sum; echo t > zz_tail`;
      const id = await pair.submit(script(`${body}\n`));
      expect((await ended(pair, id, 1_200_000)).status).toBe('Completed');
      const path = join(pair.shared, 'download.zip');
      const answer = await request(`${pair.server.url}/download/${id}`, { saveTo: path, timeoutMs: 600_000 });
      expect([answer.status, answer.contentType]).toEqual([200, 'application/zip']);
      for (const program of [pair.server, pair.client]) expect(program.memory().peak).toBeLessThan(512 * MIB);

      const zip = await ZipContents.read(path);
      expect(zip.size('big')).toBe(BYTES);
      expect(`${zip.sha256('big')}  big\n`).toBe(zip.text('sum'));
      expect(zip.text('zz_tail')).toBe('t\n');
      if (missingCommand('unzip') === undefined) {
        const tested = spawnSync('unzip', ['-tq', path]);
        expect([tested.status, tested.stderr.toString()]).toEqual([0, '']);
      }
      rmSync(path);
    },
    2_400_000,
  );
});
