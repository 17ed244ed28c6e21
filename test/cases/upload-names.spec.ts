import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expectRefusal } from '../support/answers';
import type { HttpAnswer } from '../support/http';
import { acceptedId, Pair } from '../support/pair';
import { script } from '../support/script';

/** A part whose Content-Disposition says exactly this behind `form-data; name="file"; `. */
const named = (parameters: string | Buffer, content = 'content') => ({
  filename: '', // it is a file; the disposition says under which name
  disposition: Buffer.concat([Buffer.from('form-data; name="file"; '), Buffer.from(parameters)]),
  content,
});

describe('names of uploaded files', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair.stop());

  /** Uploads a run.sh and further parts as they are. */
  const uploadWith = (...parts: ReturnType<typeof named>[]) =>
    pair.uploadParts([...pair.textParts(), { filename: 'run.sh', content: script('true') }, ...parts]);

  /** The job's files but run.sh, the log files and the notes of its run. */
  async function filesOf(answer: HttpAnswer): Promise<Record<string, string>> {
    const zip = await pair.result(acceptedId(answer));
    const names = zip.names().filter((name) => name !== 'run.sh' && !name.startsWith('.orchestrator.'));
    return Object.fromEntries(names.map((name) => [name, zip.text(name)]));
  }

  function expectRefused(answer: HttpAnswer, message: RegExp, before: string[]): void {
    expectRefusal(answer, 400, message);
    expect(pair.serverEntries()).toEqual(before);
  }

  describe('case 2: the two forms of a file name', () => {
    it('case 2: filename* names a file, alone or beside filename, over which it wins', async () => {
      const answer = await uploadWith(
        named("filename*=UTF-8''na%C3%AFve%20file.txt", 'one'),
        named(`filename="fallback.txt"; filename*=UTF-8''n%C3%A4me.txt`, 'two'),
        named(`filename*=utf-8'en'before.txt; filename="fallback.txt"`, 'three'),
      );
      expect(await filesOf(answer)).toEqual({ 'naïve file.txt': 'one', 'näme.txt': 'two', 'before.txt': 'three' });
    });

    it.each([
      ['raw UTF-8', 'filename="héłło 日本.txt"', 'héłło 日本.txt'],
      ['an escaped quote', 'filename="a\\"b.txt"', 'a"b.txt'],
      ['a percent sign, which is not decoded', 'filename="100%22.txt"', '100%22.txt'],
      ['no quotes', 'filename=plain.txt', 'plain.txt'],
      ['a semicolon in quotes', 'filename="a;b=c.txt"', 'a;b=c.txt'],
      ['spaces and a leading dash', 'filename="-r f .txt"', '-r f .txt'],
      ['a leading dot', 'filename=".hidden"', '.hidden'],
      ['the charset ISO-8859-1', "filename*=iso-8859-1''caf%E9.txt", 'café.txt'],
      ['the parameter in upper case', 'FileName="upper.txt"', 'upper.txt'],
    ])('case 2: a name with %s arrives as it is meant', async (_, parameters, expected) => {
      expect(await filesOf(await uploadWith(named(parameters)))).toEqual({ [expected]: 'content' });
    });

    it.each([
      ['an unknown charset', "filename*=utf-16''a%00.txt"],
      ['a percent escape cut short', "filename*=UTF-8''a%C.txt"],
      ['bytes that are not the UTF-8 it announces', "filename*=UTF-8''a%FF.txt"],
      ['no charset', 'filename*=a.txt'],
      ['a name in pieces', 'filename*0="a"; filename*1="b.txt"'],
      ['raw bytes that are not UTF-8', Buffer.from('filename="caf\xe9.txt"', 'latin1')],
    ])('case 2: a part with %s is refused by its number, never dropped', async (_, parameters) => {
      const before = pair.serverEntries();
      expectRefused(await uploadWith(named(parameters)), /part 4/, before);
    });
  });

  describe('case 3: two files of one name', () => {
    it.each([
      ['in two directories', ['a/x.txt', 'b/x.txt']],
      ['in one', ['x.txt', 'x.txt']],
      ['in a directory of Windows', ['x.txt', 'C:\\data\\x.txt']],
    ])('case 3: two files of one name %s are refused, naming the name', async (_, [first = '', second = '']) => {
      const before = pair.serverEntries();
      const answer = await uploadWith(
        named(`filename="${first}"`, 'body one'),
        named(`filename="${second}"`, 'body two'),
      );
      expectRefused(answer, /x\.txt/, before);
    });

    it('case 3: a second run.sh is refused', async () => {
      const before = pair.serverEntries();
      expectRefused(await uploadWith(named('filename="sub/run.sh"')), /run\.sh/, before);
    });

    it.each(['.orchestrator.stdout', '.orchestrator.stderr'])(
      'case 3: a file %s, which would be overwritten by the log, is refused',
      async (name) => {
        const before = pair.serverEntries();
        expectRefused(await uploadWith(named(`filename="${name}"`)), new RegExp(name), before);
      },
    );

    it('case 3: names that differ in case or form of Unicode are two files', async () => {
      const parts = ['x.txt', 'X.txt', 'é.txt', 'e\u0301.txt'].map((name) => named(`filename="${name}"`, name));
      expect(Object.keys(await filesOf(await uploadWith(...parts))).sort()).toEqual(
        ['x.txt', 'X.txt', 'é.txt', 'e\u0301.txt'].sort(),
      );
    });
  });

  describe('case 4: names that lead elsewhere', () => {
    it.each([
      ['../../evil', 'evil'],
      ['/etc/evil', 'evil'],
      ['..\\..\\evil', 'evil'],
      ['a/../../evil', 'evil'],
      ['....//evil', 'evil'],
      ['..evil..', '..evil..'],
    ])('case 4: a file called %j is stored in the job directory, as %j', async (name, expected) => {
      const answer = await uploadWith(named(`filename="${name}"`, 'evil content'));
      expect(await filesOf(answer)).toEqual({ [expected]: 'evil content' });
      expect(existsSync('/etc/evil')).toBe(false);
      expect(strays(pair)).toEqual([]);
    });

    it.each([
      ['..', /\.\./],
      ['.', /"\."/],
      ['a/..', /a\/\.\./],
      ['dir/', /dir\//],
      ['nul\0byte.txt', /nul/],
      ['new\nline.txt', /new/],
      ['tab\there.txt', /tab/],
      ['n'.repeat(300), /n{40}/],
      ['ü'.repeat(130), /ü{40}/], // 260 bytes
    ])('case 4: a file called %j is refused, naming it, and leaves nothing', async (name, message) => {
      const before = pair.serverEntries();
      expectRefused(await uploadWith(named(`filename="${name}"`)), message, before);
      expect(strays(pair)).toEqual([]);
    });

    it('case 4: a carriage return in a name is refused', async () => {
      const before = pair.serverEntries();
      expectRefused(await uploadWith(named('filename="car\r\nriage.txt"')), /part 4|car/, before);
    });

    it('case 4: the longest name that a file system takes is taken', async () => {
      const name = `${'n'.repeat(251)}.txt`;
      expect(Object.keys(await filesOf(await uploadWith(named(`filename="${name}"`))))).toEqual([name]);
    });
  });
});

/** Paths with "evil" in their name in every directory above those of the jobs. */
function strays(pair: Pair): string[] {
  const places = [dirname(pair.root), pair.root, pair.shared];
  for (const data of [pair.serverData, pair.clientData]) {
    places.push(dirname(data), data);
  }
  return places.flatMap((place) =>
    readdirSync(place)
      .filter((name) => name.includes('evil'))
      .map((name) => join(place, name)),
  );
}
