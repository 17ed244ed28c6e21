import { Logger } from '@nestjs/common';
import { delay } from '../../common/delay';
import { StuckReporter } from '../../common/stuck-reporter';
import type { SlurmSite } from './slurm-site';
import { isOver } from './slurm-state';
import { jobNameOf } from './submit-request';
import { sweepLeftovers, sweepOrphans } from './work-directory-sweep';

const EVERY_MS = 24 * 3_600_000;
/** Not what only looks at the configuration. */
const FIRST_AFTER_MS = 60_000;

/** Keeps the work directories of all services clean. */
export class WorkDirectorySweeper {
  private readonly logger = new Logger(WorkDirectorySweeper.name);
  private readonly stuck = new StuckReporter(this.logger);

  constructor(private readonly sites: readonly SlurmSite[]) {}

  /**
   * Soon after the start and daily, until the signal aborts. Never throws. Orphans not at first: a server that was off for
   * long must ask for its jobs before.
   */
  async run(signal: AbortSignal): Promise<void> {
    for (let round = 1; ; round++) {
      await delay(round === 1 ? FIRST_AFTER_MS : EVERY_MS, signal);
      if (signal.aborted) {
        return;
      }
      await this.guarded(() => this.leftovers());
      for (const site of round === 1 ? [] : this.sites) {
        await this.guarded(() => this.orphansOf(site));
      }
    }
  }

  private async leftovers(): Promise<void> {
    for (const workDir of new Set(this.sites.map(({ service }) => service.workDir))) {
      this.stuck.report(await sweepLeftovers(workDir));
    }
  }

  /** None while SLURM can't say which jobs it has. @throws BackendUnavailableError */
  private async orphansOf({ service, cluster, reporter }: SlurmSite): Promise<void> {
    const { jobs, unreadable } = await cluster.since(performance.now());
    if (unreadable.length > 0) {
      return;
    }
    const live = new Set([...jobs.values()].filter(({ words }) => !isOver(words)).map(({ name }) => name));
    const isInUse = (key: string) => reporter.isInUse(key) || live.has(jobNameOf(key));
    const { name, workDir, maxAgeMs } = service;
    this.stuck.report(await sweepOrphans({ workDir, service: name, maxAgeMs, isInUse }));
  }

  private async guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.warn({ err: error }, 'a work directory of SLURM jobs could not be swept, it is tried again tomorrow');
    }
  }
}
