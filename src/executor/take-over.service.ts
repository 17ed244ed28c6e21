import { randomUUID } from 'node:crypto';
import { mkdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { syncPath } from '../common/durable-fs';
import { locateMoved } from '../common/locate-moved';
import type { Status } from '../wire/status';
import { DIRECTORY_ENDING, dirsOf, PayloadFiles } from './payload-files';
import { hasEnded } from './payload-state';
import { type PayloadAdoption, type PayloadRow, PayloadsRepository } from './payloads.repository';

const BATCH = 200;

/**
 * Takes over the payloads of the Rust program's client. It keeps a job's files right in the payload's directory, which
 * is called by its id; they move from `7` to `7.run/work`. Each of its rows is known by having no key, and gets one once
 * all is done.
 */
@Injectable()
export class TakeOver {
  private readonly logger = new Logger(TakeOver.name);

  constructor(
    private readonly payloads: PayloadsRepository,
    private readonly files: PayloadFiles,
  ) {}

  /**
   * Before anything is run. Does nothing in a database of our own.
   * @returns payloads that need more: those that the other program was running, whose processes stand in the old place,
   * so they are left as they are until they have ended; and those that it had terminated, of which it ends the shell alone
   */
  async run(): Promise<{ running: PayloadRow[]; killed: PayloadRow[] }> {
    await this.payloads.settleForeign();
    const running: PayloadRow[] = [];
    const killed: PayloadRow[] = [];
    const seen = new Set<number>();
    for (;;) {
      const rows = (await this.payloads.listForeign(BATCH + running.length)).filter((row) => !seen.has(row.id));
      if (rows.length === 0) {
        break;
      }
      for (const row of rows) {
        seen.add(row.id);
        const located = { ...row, loc: await this.locate(row) };
        if (row.status === 'Running') {
          running.push(located);
          continue;
        }
        const loc = await this.adopt(located);
        if (row.status === 'Killed') {
          killed.push({ ...located, loc });
        }
      }
    }
    if (seen.size > 0) {
      this.logger.log(`${seen.size} payloads of another program's database were taken over`);
    }
    return { running, killed };
  }

  /** Gives the payload the form of our own; returns its directory. */
  async adopt(payload: PayloadRow): Promise<string> {
    const loc = payload.status === 'Cleaned' ? payload.loc : await moveFiles(payload.loc);
    const endedAt = hasEnded(payload.status) && payload.endedAt === null ? Date.now() : payload.endedAt;
    const adoption: PayloadAdoption = { loc, endedAt };
    if (isUnfinished(payload)) {
      Object.assign(adoption, { status: 'Failed', message: 'its submission was not finished' });
    }
    await this.payloads.adopt(payload.id, randomUUID(), adoption);
    return loc;
  }

  private async locate({ id, loc }: Pick<PayloadRow, 'id'> & { loc: string | null }): Promise<string> {
    if (!loc) {
      // It died, or its disk was full, before it had stored where the files are. An empty path is our own directory!
      return join(this.files.root, String(id));
    }
    return locateMoved(loc, this.files.root, isThere);
  }
}

/** In its old place, or, after a crash, moved already. */
async function isThere(from: string): Promise<boolean> {
  return (await exists(from)) || (await exists(from + DIRECTORY_ENDING));
}

/** From `loc` to `loc.run/work`, in steps that can be taken again after a crash; returns `loc.run`. */
async function moveFiles(from: string): Promise<string> {
  const { loc, work, home } = dirsOf(from + DIRECTORY_ENDING);
  if (!(await isThere(from))) {
    return loc;
  }
  if (await exists(from)) {
    await mkdir(loc, { recursive: true });
    await rename(from, work);
  }
  await mkdir(home, { recursive: true });
  // The row that will say so is durable.
  await syncPath(loc);
  await syncPath(dirname(loc));
  return loc;
}

/** The Rust program's client names no state before it has written the files. */
function isUnfinished({ status }: { status: Status }): boolean {
  return status === 'Unknown';
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
