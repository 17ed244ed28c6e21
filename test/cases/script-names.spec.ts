import { Pair } from '../support/pair';
import { script } from '../support/script';
import type { ZipContents } from '../support/zip';
import { notesOf } from '../support-jobs/leftovers';

describe('names of output files', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start();
  });
  afterAll(() => pair.stop());

  /** In the archive under its name or an escape of it, or named in the notes: `part` is what no escape would touch. */
  function expectInZipOrNamed(zip: ZipContents, part: string): void {
    const places = [...zip.names(), notesOf(zip)];
    expect(places.filter((place) => place.includes(part))).not.toEqual([]);
  }

  it('case 23: a name that is not UTF-8 costs no other file its place in the archive', async () => {
    const body = String.raw`touch $'\xff\xfe.dat' $'new\nline' ' lead' ; echo ok > out ; mkdir sub ; echo 1 > sub/a`;
    const id = await pair.submit(script(`${body}\n`));
    const zip = await pair.result(id);
    expect(zip.text('out')).toBe('ok\n');
    expect(zip.text('sub/a')).toBe('1\n');
    expect(zip.names()).toContain(' lead');
    expectInZipOrNamed(zip, '.dat');
    expectInZipOrNamed(zip, 'new');
    expect((await pair.partial(id)).text('sub/a')).toBe('1\n');
  });

  it('case 23: two names that differ only in bytes that are no UTF-8 stay two', async () => {
    const zip = await pair.result(await pair.submit(script(String.raw`echo 1 > $'\xff.x'; echo 2 > $'\xfe.x'`)));
    const names = zip.names().filter((name) => name.endsWith('.x'));
    if (names.length > 0) {
      expect(new Set(names).size).toBe(2);
      expect(names.map((name) => zip.text(name)).sort()).toEqual(['1\n', '2\n']);
    } else {
      expectInZipOrNamed(zip, '.x');
    }
  });

  it('case 23: a directory whose name is not UTF-8 is archived or named, with what is in it', async () => {
    const zip = await pair.result(
      await pair.submit(script(String.raw`mkdir $'d\xe9'; echo in > $'d\xe9/inner'; echo ok > zz`)),
    );
    expect(zip.text('zz')).toBe('ok\n');
    const inner = zip.names().filter((name) => name.endsWith('/inner'));
    if (inner.length > 0) expect(zip.text(inner[0]!)).toBe('in\n');
    else expect(notesOf(zip)).toMatch(/d/);
  });

  it.each([
    ['a trailing blank', 'trail '],
    ['quotes', `it's "quoted"`],
    ['a leading dash', '-rf'],
    ['a colon and a star', 'time:10*c?.txt'],
    ['letters beyond ASCII', 'résumé-蛋白质-🧬'],
    ['a decomposed accent', 'e\u0301'],
    ['255 bytes', 'n'.repeat(255)],
    ['a dollar and a backtick', '$HOME`x`'],
  ])('case 23: a valid name with %s arrives as it is', async (_, name) => {
    const quoted = `'${name.replaceAll("'", `'\\''`)}'`;
    const zip = await pair.result(await pair.submit(script(`echo ok > ./${quoted}\n`)));
    expect(zip.names()).toContain(name);
    expect(zip.text(name)).toBe('ok\n');
  });

  it('case 23: a name that Windows would take for a drive is archived as it is or under an escape', async () => {
    const zip = await pair.result(await pair.submit(script(`echo x > a:b.txt; echo ok > zz`)));
    expect(zip.text('zz')).toBe('ok\n');
    expectInZipOrNamed(zip, 'b.txt');
  });

  it('case 23: a backslash in a name, which some programs read as a directory, costs nothing else its place', async () => {
    const zip = await pair.result(await pair.submit(script(String.raw`echo x > 'a\b'; echo ok > zz`)));
    expect(zip.text('zz')).toBe('ok\n');
    expectInZipOrNamed(zip, 'b');
  });
});
