import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { listOrphans, type Owner, removeOrphans, removeStaging } from '../common/orphan-directories';
import { StuckReporter } from '../common/stuck-reporter';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';
import { JOB_DIRECTORY, JobFiles, notedId, STAGING_DIRECTORY } from '../jobs/job-files';
import { JobsRepository } from '../jobs/jobs.repository';

const LOOK_EVERY_MS = 10 * 60_000;

/** Removes directories that belong to no job: what crashes left. */
@Injectable()
export class OrphanSweeper implements OnApplicationBootstrap {
  private readonly logger = new Logger(OrphanSweeper.name);
  private readonly stuck = new StuckReporter(this.logger);

  constructor(
    private readonly jobs: JobsRepository,
    private readonly files: JobFiles,
    @Inject(SERVER_CONFIG) private readonly config: ServerConfig,
  ) {}

  /** Before the first request: no upload is under way, so what looks like one is left over. */
  async onApplicationBootstrap(): Promise<void> {
    this.stuck.report(await removeStaging(this.files.root, STAGING_DIRECTORY));
    await this.skipLostIds();
    void this.sweep();
  }

  @Interval(LOOK_EVERY_MS)
  async sweep(): Promise<void> {
    try {
      this.stuck.report(await removeOrphans(this.owner(), this.config.maxAgeMs));
    } catch (error) {
      this.logger.error({ err: error }, 'the search for orphaned directories was interrupted');
    }
  }

  /**
   * An older database put back knows nothing of the jobs accepted since, and would give their ids to others: a portal
   * could fetch another user's result. Their directories tell which ids they had.
   */
  private async skipLostIds(): Promise<void> {
    const ids = await Promise.all((await listOrphans(this.owner())).map(notedId));
    const highest = Math.max(0, ...ids);
    if (highest > 0) {
      await this.jobs.skipIdsUpTo(highest);
      this.logger.warn(
        `the database knows nothing of some accepted jobs, the last of them ${highest}: was it restored?`,
      );
    }
  }

  private owner(): Owner {
    return {
      root: this.files.root,
      form: JOB_DIRECTORY,
      whichAreOwned: (paths: readonly string[]) => this.jobs.whichAreOwned(paths),
    };
  }
}
