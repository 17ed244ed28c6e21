import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { removeOrphans, removeStaging } from '../common/orphan-directories';
import { StuckReporter } from '../common/stuck-reporter';
import { failpoint } from '../common/failpoint';
import { CLIENT_CONFIG } from '../config/config.module';
import type { ClientConfig } from '../config/client-config';
import { PayloadActiveError, PayloadNotFoundError } from './executor.errors';
import { PAYLOAD_DIRECTORY, PayloadFiles, STAGING_DIRECTORY } from './payload-files';
import { hasEnded } from './payload-state';
import { idsOf, type PayloadRow, PayloadsRepository } from './payloads.repository';

const LOOK_EVERY_MS = 15_000;
const LOOK_FOR_ORPHANS_MS = 10 * 60_000;
const BATCH = 500;

/** Frees what ended payloads hold: when the server releases them, else when retention is over. */
@Injectable()
export class PayloadRetention implements OnApplicationBootstrap {
  private readonly logger = new Logger(PayloadRetention.name);
  private readonly stuck = new StuckReporter(this.logger);
  private isRunning = false;

  constructor(
    private readonly payloads: PayloadsRepository,
    private readonly files: PayloadFiles,
    @Inject(CLIENT_CONFIG) private readonly config: ClientConfig,
  ) {}

  /** The server has the results. Repeatable. */
  async release(id: number): Promise<void> {
    const payload = await this.payloads.find(id);
    if (!payload) {
      throw new PayloadNotFoundError(String(id));
    }
    if (!hasEnded(payload.status)) {
      throw new PayloadActiveError(id);
    }
    if (payload.status === 'Cleaned') {
      return;
    }
    // The files first: nobody wants them any more, and so one commit does for both.
    const isRemoved = await this.files.remove(payload.loc).then(
      () => true,
      () => false,
    );
    failpoint('release:removed');
    await this.payloads.move(payload.id, 'Cleaned', isRemoved ? { removedAt: Date.now() } : {});
  }

  @Interval(LOOK_EVERY_MS)
  async sweep(): Promise<void> {
    if (this.isRunning) {
      return;
    }
    this.isRunning = true;
    try {
      const expired = Date.now() - this.config.maxAgeMs;
      for (const payload of await this.payloads.listExpired(expired, BATCH)) {
        await this.clean(payload);
      }
      for (const payload of await this.payloads.listUnremoved(BATCH)) {
        await this.removeFiles(payload);
      }
      // A key outlives its payload by the same time: a submission that was under way may still be repeated.
      await this.payloads.deleteCleaned(expired);
    } catch (error) {
      this.logger.error({ err: error }, 'cleanup was interrupted');
    } finally {
      this.isRunning = false;
    }
  }

  /** Before the first request: no submission is under way, so what looks like one is left over. */
  async onApplicationBootstrap(): Promise<void> {
    this.stuck.report(await removeStaging(this.files.root, STAGING_DIRECTORY));
    void this.sweepOrphans();
  }

  @Interval(LOOK_FOR_ORPHANS_MS)
  async sweepOrphans(): Promise<void> {
    const whichAreOwned = (paths: readonly string[]) => this.payloads.whichAreOwned(paths);
    const owner = { root: this.files.root, form: PAYLOAD_DIRECTORY, whichAreOwned };
    try {
      this.stuck.report(await removeOrphans(owner, this.config.maxAgeMs));
    } catch (error) {
      this.logger.error({ err: error }, 'the search for orphaned directories was interrupted');
    }
  }

  private async clean(payload: PayloadRow): Promise<void> {
    const cleaned = await this.payloads.move(payload.id, 'Cleaned');
    if (cleaned) {
      await this.removeFiles(cleaned);
    }
  }

  private async removeFiles(payload: PayloadRow): Promise<void> {
    try {
      await this.files.remove(payload.loc);
      await this.payloads.markRemoved(payload.id);
    } catch (error) {
      this.logger.warn({ err: error, ...idsOf(payload) }, 'a directory could not be removed, it is tried again');
    }
  }
}
