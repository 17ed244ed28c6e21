import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tokenFault } from './token-file';

const NOW = Date.UTC(2026, 0, 1);
let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'slurm-token-'))));
afterEach(() => rmSync(root, { recursive: true }));

function jwt(claims: unknown): string {
  return ['{"alg":"HS256"}', JSON.stringify(claims), 'sig']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
}

async function faultOf(text: string): Promise<string | null> {
  const path = join(root, 'token');
  writeFileSync(path, text);
  return tokenFault(path, 'portal', NOW);
}

describe('a token file', () => {
  it('is fine with a token that lives and is of the right user, alone or as scontrol prints it', async () => {
    const token = jwt({ sun: 'portal', exp: NOW / 1000 + 60 });
    expect([await faultOf(token), await faultOf(`SLURM_JWT=${token}\n`), await faultOf('of.another.kind')]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it.each([
    [jwt({ sun: 'portal', exp: NOW / 1000 - 60 }), 'holds a token that expired at 2025-12-31T23:59:00.000Z'],
    [jwt({ sun: 'root', exp: NOW / 1000 + 60 }), 'holds a token of the user root, not of portal'],
    ['', 'holds no token: neither one alone, nor SLURM_JWT=...'],
    ['slurm_load_jobs error: two words', 'holds no token: neither one alone, nor SLURM_JWT=...'],
  ])('is refused at start as %j, without showing it', async (text, fault) => {
    expect(await faultOf(text)).toBe(fault);
  });

  it('has to be there', async () => {
    expect(await tokenFault(join(root, 'none'), 'portal')).toBe('cannot be read: ENOENT');
  });
});
