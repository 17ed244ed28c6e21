import { readFile, stat } from 'node:fs/promises';
import { errnoOf, messageOf } from '../../../common/errors';
import { BackendUnavailableError } from '../../backend.errors';

/** The token of slurmrestd, in a file that somebody renews: read again when it changes, or when the token is refused. */
export class TokenFile {
  private held: { readonly token: string; readonly mark: string } | null = null;

  constructor(private readonly path: string) {}

  /**
   * @param refused a token that was not taken: the file is read again, also when it seems unchanged
   * @throws BackendUnavailableError when there is no token to be had; never shows one
   */
  async read(refused: string | null = null): Promise<string> {
    try {
      const { mtimeMs, size, ino } = await stat(this.path);
      const mark = [mtimeMs, size, ino].join(' ');
      if (this.held?.mark !== mark || this.held.token === refused) {
        this.held = { token: tokenIn(await readFile(this.path, 'utf8')), mark };
      }
    } catch (error) {
      throw new BackendUnavailableError(`SLURM: the token file ${this.path}: ${errnoOf(error) ?? messageOf(error)}`, {
        cause: error,
      });
    }
    if (this.held.token === '') {
      throw new BackendUnavailableError(`SLURM: the token file ${this.path} holds no token`);
    }
    return this.held.token;
  }
}

/**
 * What is wrong with a token that can be seen without asking slurmrestd, whose answer to a wrong one can't be told from
 * that of a controller that is away; `null`: nothing. Never shows the token.
 * @param user the name that it has to be of
 */
export async function tokenFault(path: string, user: string, now = Date.now()): Promise<string | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return `cannot be read: ${errnoOf(error) ?? messageOf(error)}`;
  }
  const token = tokenIn(text);
  if (token === '') {
    return 'holds no token: neither one alone, nor SLURM_JWT=...';
  }
  const claims = claimsOf(token);
  if (claims === null) {
    return null;
  }
  const { sun, exp } = claims as { sun?: unknown; exp?: unknown };
  if (typeof sun === 'string' && sun !== user) {
    return `holds a token of the user ${sun}, not of ${user}`;
  }
  return typeof exp === 'number' && exp * 1000 < now
    ? `holds a token that expired at ${new Date(exp * 1000).toISOString()}`
    : null;
}

/** What a JWT says of itself; `null`: it is of another kind, which slurmrestd may know. */
function claimsOf(token: string): object | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    return typeof claims === 'object' ? claims : null;
  } catch {
    return null;
  }
}

/** The token alone, or `SLURM_JWT=...` as scontrol prints it; empty if neither. */
function tokenIn(text: string): string {
  const [, token] = /^\s*(?:SLURM_JWT=)?([\w.=+/-]+)\s*$/.exec(text) ?? [];
  return token ?? '';
}
