import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { Injectable, Logger } from '@nestjs/common';
import { BackendRegistry } from '../backends/backend-registry';
import { locateMoved } from '../common/locate-moved';
import { JobFiles } from '../jobs/job-files';
import { isFinal } from '../jobs/job-state';
import { type Adoption, type Job, JobsRepository } from '../jobs/jobs.repository';

/** Rows are taken over in transactions of so many. */
const BATCH = 200;

/**
 * Takes over the jobs of the Rust program's database: ids, files and results stay where they are, and what was under
 * way goes on. Each of its rows is known by having no key, and gets one; so a crash in between leaves the rest for the
 * next start.
 */
@Injectable()
export class TakeOver {
  private readonly logger = new Logger(TakeOver.name);

  constructor(
    private readonly jobs: JobsRepository,
    private readonly files: JobFiles,
    private readonly backends: BackendRegistry,
  ) {}

  /** Before anything is dispatched. Does nothing in a database of our own. */
  async run(): Promise<void> {
    await this.jobs.settleForeign();
    let count = 0;
    for (let rows = await this.jobs.listForeign(BATCH); rows.length > 0; rows = await this.jobs.listForeign(BATCH)) {
      await Promise.all(rows.map((job) => this.adopt(job)));
      count += rows.length;
    }
    if (count > 0) {
      this.logger.log(`${count} jobs of another program's database were taken over`);
    }
  }

  private async adopt(job: Job): Promise<void> {
    const loc = await locateMoved(job.loc, this.files.root, isDirectory);
    const destId = job.destId !== null && job.destId > 0 ? job.destId : null;
    const ref = destId === null ? null : (this.backends.of(job.service)?.refOf?.(job.service, destId) ?? null);
    const adoption: Adoption = { loc, ref };
    if (isFinal(job.status) && job.endedAt === null) {
      adoption.endedAt = await this.endOf(loc);
      adoption.releasedAt = Date.now();
    }
    if (job.status === 'Locked') {
      adoption.terminateAt = Date.now();
    }
    Object.assign(adoption, await settle(job, loc, ref !== null));
    await this.jobs.adopt(job.id, randomUUID(), adoption);
  }

  private async endOf(loc: string): Promise<number> {
    return stat(this.files.archivePath(loc)).then(
      (found) => Math.round(found.mtimeMs),
      () => Date.now(),
    );
  }
}

/** What the other program left in a state from which nobody would ever move it on. */
async function settle(job: Job, loc: string, hasRef: boolean): Promise<Partial<Adoption>> {
  const failed = (message: string) => ({ status: 'Failed' as const, message, endedAt: Date.now() });
  if (job.status === 'Unknown') {
    return (await isDirectory(loc)) ? { status: 'Queued' } : failed('its upload was not finished');
  }
  if ((job.status === 'Processing' || job.status === 'Submitted') && !hasRef) {
    return failed('outcome of the hand-over unknown');
  }
  return {};
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
