import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkWorkDirectory } from './work-directory';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'work-directory-'));
  ['work', 'data'].forEach((name) => mkdirSync(join(base, name)));
  symlinkSync('data', join(base, 'linked'));
  writeFileSync(join(base, 'file'), '');
});
afterEach(() => rmSync(base, { recursive: true }));

const check = (name: string, dataPath = 'data') => checkWorkDirectory(join(base, name), join(base, dataPath));

describe('a work directory', () => {
  it('may be used where it can be written to, and nothing is left in it', async () => {
    expect(await check('work')).toEqual({ limits: expect.stringMatching(/GiB free/) as string });
    expect(await check('work', 'not-made-yet')).toHaveProperty('limits');
    expect(readdirSync(join(base, 'work'))).toEqual([]);
  });

  it.each([
    ['nowhere', 'does not exist'],
    ['file', 'is not a directory'],
    ['data', 'is DATA_PATH as well: give it a directory of its own'],
    ['linked', 'is DATA_PATH as well: give it a directory of its own'],
  ])('%s is refused: it %s', async (name, fault) => {
    expect(await check(name)).toEqual({ fault });
  });
});
