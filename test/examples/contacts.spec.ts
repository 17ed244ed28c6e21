import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkScript } from '../../src/workload/script-filter/script-filter';

const EXAMPLE = join(__dirname, '../../examples/contacts');

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'contacts-'));
  cpSync(EXAMPLE, directory, { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true }));

function run(environment: Record<string, string> = {}) {
  const env = { PATH: process.env.PATH ?? '', ...environment };
  const { status, stdout, stderr } = spawnSync('bash', ['run.sh'], { cwd: directory, env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

function read(name: string): string {
  return readFileSync(join(directory, name), 'utf8');
}

function rows(name: string): string[][] {
  return read(name)
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.split('\t'));
}

interface Atom {
  residue: string;
  at: [number, number, number];
}

/** The heavy atoms of the first model, read a second time and in another language. */
function atomsOf(name: string): Atom[] {
  return read(name)
    .split(/^ENDMDL/m)[0]!
    .split('\n')
    .filter((line) => line.startsWith('ATOM  ') && !/^[HD]$/.test(line.slice(76, 78).trim()))
    .filter((line) => ' A1'.includes(line[16]!))
    .map((line) => ({
      residue: line.slice(22, 27).trim(),
      at: [line.slice(30, 38), line.slice(38, 46), line.slice(46, 54)].map(Number) as Atom['at'],
    }));
}

function contactsOf(first: Atom[], second: Atom[], cutoff: number): Map<string, number> {
  const nearest = new Map<string, number>();
  for (const a of first) {
    for (const b of second) {
      const distance = Math.hypot(a.at[0] - b.at[0], a.at[1] - b.at[1], a.at[2] - b.at[2]);
      const pair = `${a.residue} ${b.residue}`;
      if (distance <= cutoff && distance < (nearest.get(pair) ?? Infinity)) {
        nearest.set(pair, distance);
      }
    }
  }
  return nearest;
}

describe('the sample job', () => {
  it('finds the contacts that a count by brute force finds, closest first', () => {
    expect(run()).toMatchObject({ status: 0, stderr: '' });
    const contacts = rows('contacts.tsv');
    const expected = contactsOf(atomsOf('2oob_uba.pdb'), atomsOf('2oob_ubiquitin.pdb'), 5);
    expect(contacts).toHaveLength(28);
    expect(new Map(contacts.map((row) => [`${row[2]} ${row[5]}`, Number(row[6])]))).toEqual(
      new Map([...expected].map(([pair, distance]) => [pair, Number(distance.toFixed(2))])),
    );
    const distances = contacts.map((row) => Number(row[6]));
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
    expect(contacts[0]!.slice(0, 7)).toEqual(['A', 'ASP', '933', 'B', 'ALA', '46', '2.76']);
  });

  it('says in words what its README promises', () => {
    const { stdout } = run();
    expect(stdout).toBe(read('summary.txt'));
    expect(stdout).toContain('contacts        28 residue pairs with heavy atoms within 5.0 A');
    expect(stdout).toContain('closest pair    Asp 933 ');
    expect(stdout).toMatch(/interface residues of chain B: 13\n/);
    expect(stdout).toMatch(/ Leu8 [^]* Ile44 [^]* Val70\n/);
    expect(read('.orchestrator.exit')).toBe('0\n');
  });

  it('accounts for every contact in the table of residues, and draws each', () => {
    run();
    const contacts = rows('contacts.tsv').length;
    const bySide = (side: string) =>
      rows('residues.tsv')
        .filter((row) => row[0] === side)
        .reduce((sum, row) => sum + Number(row[5]), 0);
    expect([bySide('1'), bySide('2')]).toEqual([contacts, contacts]);
    const picture = read('contacts.svg');
    expect(picture).toMatch(/^<svg[^]*<\/svg>\n$/);
    expect(picture.match(/<title>[^<]*2\.76/g)).toHaveLength(1);
    expect(existsSync(join(directory, 'unsorted.tsv'))).toBe(false);
  });

  it.each([
    [{ LC_ALL: 'de_DE.UTF-8' }, 'mawk'],
    [{}, 'gawk'],
    [{}, 'busybox'],
  ])('gives the same bytes with the locale %j and %s', (environment, name) => {
    const program = spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim();
    if (program === '') {
      console.warn(`skipped: no ${name} on this machine`);
      return;
    }
    const outputs = ['summary.txt', 'contacts.tsv', 'residues.tsv', 'contacts.svg'];
    run();
    const before = outputs.map(read);
    outputs.forEach((file) => rmSync(join(directory, file)));
    const bin = join(directory, 'bin');
    mkdirSync(bin);
    if (name === 'busybox') {
      writeFileSync(join(bin, 'awk'), `#!/bin/sh\nexec ${program} awk "$@"\n`);
      chmodSync(join(bin, 'awk'), 0o755);
    } else {
      symlinkSync(program, join(bin, 'awk'));
    }
    expect(run({ ...environment, PATH: `${bin}:${process.env.PATH}` }).status).toBe(0);
    expect(outputs.map(read)).toEqual(before);
  });

  it.each(['2oob_uba.pdb', '2oob_ubiquitin.pdb'])(
    'fails with code 2, saying so, when %s is missing or empty',
    (name) => {
      writeFileSync(join(directory, name), '');
      expect(run()).toMatchObject({ status: 2, stderr: expect.stringContaining(name) as unknown });
      rmSync(join(directory, name));
      expect(run()).toMatchObject({ status: 2, stderr: expect.stringContaining(name) as unknown });
      expect(read('.orchestrator.exit')).toBe('2\n');
    },
  );

  it('fails with code 3, saying so, when a file holds no atoms', () => {
    writeFileSync(join(directory, '2oob_ubiquitin.pdb'), 'HEADER    NOTHING\n');
    expect(run()).toMatchObject({ status: 3, stderr: expect.stringContaining('no ATOM record') as unknown });
  });

  it('says that there are none where chains do not touch', () => {
    const far = read('2oob_ubiquitin.pdb').replace(/^(ATOM {2}.{24}).{8}/gm, '$1 999.000');
    writeFileSync(join(directory, '2oob_ubiquitin.pdb'), far);
    expect(run()).toMatchObject({ status: 0, stdout: expect.stringContaining('contacts        0 ') as unknown });
    expect(rows('contacts.tsv').flat().join('')).toBe('');
  });

  it("passes the executor's own script filter", () => {
    expect(checkScript(Buffer.from(read('run.sh')), { enabled: true, allow: [] })).toBeNull();
    execFileSync('bash', ['-n', 'run.sh'], { cwd: directory });
  });
});
