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

/** The token alone, or `SLURM_JWT=...` as scontrol prints it; empty if neither. */
function tokenIn(text: string): string {
  const [, token] = /^\s*(?:SLURM_JWT=)?([\w.=+/-]+)\s*$/.exec(text) ?? [];
  return token ?? '';
}
