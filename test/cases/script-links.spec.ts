import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { script } from '../support/script';
import type { ZipContents } from '../support/zip';
import { NOTES, expectLinkOrNote, expectNowhere, notesOf } from '../support-jobs/leftovers';

const SECRET = `secret-outside-the-job-${process.pid}`;

describe('links in the working directory', () => {
  let pair: Pair;
  let outside: string;
  beforeAll(async () => {
    // The filter refuses a script that names /etc/passwd; the archive has to be safe without it.
    pair = await Pair.start({ client: { SCRIPT_FILTER: 'off' } });
    outside = join(pair.shared, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'file'), SECRET);
  });
  afterAll(() => pair.stop());

  /** The archive of a job that did this, once by /download and once by /download_partial. */
  async function bothArchives(body: string): Promise<ZipContents[]> {
    const id = await pair.submit(script(`${body}\n`));
    return [await pair.result(id), await pair.partial(id)];
  }

  it('case 24: links out of the job directory give away nothing and cost nothing', async () => {
    const body =
      'ln -s /etc/passwd p; ln -s / root; ln -s nowhere dangling; ln -s out alias; echo ok > out; mkdir s; echo 1 > s/a';
    for (const zip of await bothArchives(body)) {
      expect(zip.text('out')).toBe('ok\n');
      expect(zip.text('s/a')).toBe('1\n');
      for (const link of ['p', 'root', 'dangling', 'alias']) expectLinkOrNote(zip, link);
      expect(zip.names().filter((name) => name.startsWith('root/'))).toEqual([]);
      expectNowhere(zip, readFileSync('/etc/passwd', 'utf8').split('\n')[0]!);
    }
  });

  it.each([
    ['to a file outside, absolute', () => `ln -s ${outside}/file it`],
    ['to a directory outside', () => `ln -s ${outside} it`],
    ['outside by way of the parent directory', () => `ln -s ../../../../../../../../../../..${outside}/file it`],
    ['to the parent directory', () => 'ln -s .. it'],
    ['to itself', () => 'ln -s it it'],
    ['in a circle', () => 'ln -s it other; ln -s other it'],
    ['to nothing, absolute', () => 'ln -s /nonexistent/target it'],
    ['to a link that leads outside', () => `ln -s ${outside}/file first; ln -s first it`],
    ['to a directory of the job, whose links lead outside', () => `mkdir d; ln -s ${outside}/file d/x; ln -s d it`],
    ['to the working directory itself', () => 'ln -s . it'],
    ['to its own absolute path', () => 'ln -s "$PWD/out" it'],
    ['to a device', () => 'ln -s /dev/zero it'],
  ])('case 24: a link %s is kept as a link or left out with a note', async (_, make) => {
    for (const zip of await bothArchives(`${make()}; echo ok > out; mkdir s; echo 1 > s/zz`)) {
      expect(zip.text('out')).toBe('ok\n');
      expect(zip.text('s/zz')).toBe('1\n');
      expectLinkOrNote(zip, 'it');
      expect(zip.names().filter((name) => name.startsWith('it/'))).toEqual([]);
      expectNowhere(zip, SECRET);
    }
  });

  it('case 24: a link in a sub-directory is handled like one at the top', async () => {
    for (const zip of await bothArchives(
      `mkdir -p a/b; ln -s ${outside}/file a/b/it; ln -s nowhere a/b/gone; echo 1 > a/b/zz`,
    )) {
      expect(zip.text('a/b/zz')).toBe('1\n');
      expectLinkOrNote(zip, 'a/b/it');
      expectLinkOrNote(zip, 'a/b/gone');
      expectNowhere(zip, SECRET);
    }
  });

  it('case 24: a hard link is a file like any other', async () => {
    for (const zip of await bothArchives('echo ok > out; ln out hard')) {
      expect(zip.text('hard')).toBe('ok\n');
      expect(zip.text('out')).toBe('ok\n');
    }
  });

  it.each(['.orchestrator.stdout', '.orchestrator.stderr', NOTES, '.orchestrator.exit', 'run.sh'])(
    'case 24: a job that puts a link in the place of %s gives away nothing and overwrites nothing',
    async (name) => {
      const body = `echo noise; echo noise >&2; ln -sf ${outside}/file ${name}; ln -s nowhere dangling; echo ok > out`;
      for (const zip of await bothArchives(`trap - EXIT\n${body}`)) {
        expect(zip.text('out')).toBe('ok\n');
        expect(zip.names().filter((entry) => entry === name).length).toBeLessThan(2);
        expectNowhere(zip, SECRET);
      }
      expect(readFileSync(join(outside, 'file'), 'utf8')).toBe(SECRET);
    },
  );

  it('case 24: the notes of the archive tell the user which file was left out', async () => {
    for (const zip of await bothArchives(`ln -s ${outside}/file led-out; echo ok > out`)) {
      if (!zip.names().includes('led-out')) expect(notesOf(zip)).toMatch(/led-out/);
    }
  });

  it('case 24: links are safe in a partial archive while the job runs', async () => {
    const [ready, gate] = [join(pair.shared, 'ready24'), join(pair.shared, 'gate24')];
    const body = `ln -s ${outside}/file p; ln -s nowhere dangling; echo ok > out; touch ${ready}; until [ -e ${gate} ]; do sleep 0.1; done`;
    const id = await pair.submit(script(`${body}\n`));
    await eventually(() => existsSync(ready), { timeoutMs: 10_000 });
    const zip = await pair.partial(id);
    writeFileSync(gate, '');
    expect(zip.text('out')).toBe('ok\n');
    expectLinkOrNote(zip, 'p');
    expectLinkOrNote(zip, 'dangling');
    expectNowhere(zip, SECRET);
    expect((await pair.result(id)).text('out')).toBe('ok\n');
  });
});
