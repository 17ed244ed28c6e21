import { Inject, Injectable, Logger } from '@nestjs/common';
import { delay } from '../common/delay';
import { outsideRequests } from '../common/outside-requests';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';
import type { BackendRef, BackendReport, BackendState } from '../backends/backend';
import { JobFiles } from '../jobs/job-files';
import { JobsRepository } from '../jobs/jobs.repository';
import { overtimeText } from '../workload/script-end';
import type { ActiveJob } from './active-job';
import { ActiveJobs } from './active-jobs';
import { CollectResults, ResultsLostError } from './collect-results.service';
import { type EndState, JobEnder } from './job-ender.service';
import { JobNotes } from './job-notes.service';
import { actionFor } from './report-action';

/** Follows jobs at their backends to their end: by what is pushed, and by asking. */
@Injectable()
export class Tracker {
  private readonly logger = new Logger(Tracker.name);
  /** Services that are being polled; what ends the present pause early. */
  private readonly pauses = new Map<string, AbortController>();
  /** What reports have made a job's message say; a message of another origin is not theirs to take away. */
  private readonly told = new WeakMap<ActiveJob, string>();

  constructor(
    private readonly jobs: JobsRepository,
    private readonly files: JobFiles,
    private readonly active: ActiveJobs,
    private readonly collect: CollectResults,
    private readonly ender: JobEnder,
    private readonly notes: JobNotes,
    @Inject(SERVER_CONFIG) private readonly config: ServerConfig,
  ) {}

  /** The backend has the job: from now on its reports count. */
  async track(job: ActiveJob): Promise<void> {
    outsideRequests(() => void this.keepPolling(job.service));
    const { early } = job;
    job.early = null;
    if (early) {
      await this.apply(job, early);
    }
  }

  /** A backend has pushed a report. */
  hear(ref: BackendRef, key: string | null, report: BackendReport, service: string): void {
    const job = this.active.find(ref, key, service);
    if (!job) {
      return;
    }
    if (job.status === 'Processing') {
      job.early = report;
      return;
    }
    this.apply(job, report).catch((error: unknown) =>
      this.logger.error({ err: error, jobId: job.id }, 'a report could not be acted on'),
    );
  }

  /** The push channel of a service has changed: the pause that was chosen before is no longer the right one. */
  hurry(service: string): void {
    this.pauses.get(service)?.abort();
  }

  /** Asks for all jobs of a service at once. */
  async poll(service: string): Promise<void> {
    const jobs = this.active.atBackend(service);
    const [first] = jobs;
    if (!first) {
      return;
    }
    const refs = jobs.flatMap((job) => (job.ref === null ? [] : [job.ref]));
    const reports = await first.backend.poll(refs, this.active.stopping).catch((error: unknown) => {
      if (this.active.stopping.aborted) {
        return new Map<BackendRef, BackendReport>();
      }
      throw error;
    });
    await Promise.all(
      jobs.map(async (job) => {
        const report = job.ref === null ? undefined : reports.get(job.ref);
        if (report) {
          await this.apply(job, report);
        }
      }),
    );
  }

  /** Does to the job what the report says. Fetching results goes on behind the scenes. */
  async apply(job: ActiveJob, report: BackendReport): Promise<void> {
    if (job.isEnding) {
      return;
    }
    if (report.state !== 'unclear') {
      job.lastContactAt = performance.now();
    }
    if (report.state === 'running') {
      job.runningSince ??= performance.now();
    } else if (report.state === 'waiting') {
      // Its backend has put it back into a queue: its run time begins anew.
      job.runningSince = null;
    }
    switch (actionFor(job.status, report.state)) {
      case 'none':
        return this.tell(job, report.message);
      case 'run':
        job.status = 'Running';
        job.note = report.message;
        this.told.set(job, report.message);
        await this.jobs.move(job.id, 'Running', { message: report.message, ...startOf(report) });
        return;
      case 'note':
        return this.noteOrGiveUp(job, report.message);
      case 'collect':
        job.isEnding = true;
        // Not waited for: a slow transfer must not hold up whoever polls or hands over.
        this.collectAndEnd(job, report).catch((error: unknown) => {
          this.logger.error({ err: error, jobId: job.id }, 'results could not be collected');
        });
        return;
      case 'end':
        job.isEnding = true;
        await this.ender.end(job, endStateOf(job, report), detailsOf(job, report));
        return;
      case 'lose':
        job.isEnding = true;
        // A server on an older copy of its database may have the results of a job that the executor was told to forget.
        if (report.exitCode === 0 && this.files.hasArchive(job.loc)) {
          await this.ender.end(job, 'Completed', { ...detailsOf(job, report), message: '' });
          return;
        }
        return this.ender.lose(job, report.message, 'gone');
    }
  }

  private async collectAndEnd(job: ActiveJob, report: BackendReport): Promise<void> {
    const state = endStateOf(job, report);
    const details = detailsOf(job, report);
    if (report.isBackendFault && (await this.ender.repeat(job, report.message))) {
      return;
    }
    try {
      // A server that died between the rename and the end has left it.
      if (!this.files.hasArchive(job.loc)) {
        await this.collect.untilWhole(job, state === 'Completed' ? 'results' : 'partial');
      }
      await this.ender.end(job, state, details);
    } catch (error) {
      if (job.abort.signal.aborted) {
        return;
      }
      if (!(error instanceof ResultsLostError)) {
        throw error;
      }
      const reasons = [details.message, error.message].filter((text) => text !== '');
      if (state === 'Completed') {
        await this.ender.lose(job, reasons.join('; '), 'gone');
      } else {
        await this.ender.end(job, 'Failed', { ...details, message: reasons.join('; ') });
      }
    }
  }

  private async noteOrGiveUp(job: ActiveJob, text: string): Promise<void> {
    const silentMs = performance.now() - job.lastContactAt;
    if (silentMs > this.config.executorLostAfterMs) {
      job.isEnding = true;
      const seconds = Math.round(silentMs / 1000);
      await this.ender.lose(job, `executor lost: no word of the job for ${seconds} s; ${text}`, 'may still run');
      return;
    }
    await this.tell(job, text);
  }

  /** Says what a report says of a job that goes on: for what it waits, that it is suspended. Empty: that is over. */
  private async tell(job: ActiveJob, text: string): Promise<void> {
    if (text === '' && (job.note === '' || job.note !== this.told.get(job))) {
      return;
    }
    this.told.set(job, text);
    await this.notes.say(job, text);
  }

  /** One loop a service, for as long as it has jobs at its backend. */
  private async keepPolling(service: string): Promise<void> {
    if (this.pauses.has(service)) {
      return;
    }
    this.pauses.set(service, new AbortController());
    try {
      for (;;) {
        const [first] = this.active.atBackend(service);
        if (!first || this.active.stopping.aborted) {
          return;
        }
        const pause = new AbortController();
        this.pauses.set(service, pause);
        await delay(first.backend.pollEveryMs(service), AbortSignal.any([pause.signal, this.active.stopping]));
        await this.poll(service).catch((error: unknown) => {
          this.logger.error({ err: error, service }, 'a poll failed');
        });
      }
    } finally {
      this.pauses.delete(service);
    }
  }
}

function endStateOf(job: ActiveJob, report: BackendReport): EndState {
  switch (report.state) {
    case 'completed':
      return 'Completed';
    case 'invalid':
      return 'Invalid';
    case 'killed':
      return job.overtimeMs === null ? 'Killed' : 'Failed';
    case 'failed':
    case 'lost':
    case 'waiting':
    case 'running':
    case 'unclear':
      return 'Failed';
  }
}

/** Every job that failed or was refused gets a reason, even if it is that nobody knows more. */
function messageFor({ backend, service, overtimeMs }: ActiveJob, { state, message }: BackendReport): string {
  if (overtimeMs !== null && (state === 'killed' || state === 'failed')) {
    return overtimeText(overtimeMs);
  }
  if (message !== '' || backend.capabilities(service).exitCodes) {
    return message;
  }
  const untold: Partial<Record<BackendState, string>> = {
    failed: 'its script failed; what runs it does not say with which exit code',
    invalid: 'run.sh was refused; what runs it does not say why',
  };
  return untold[state] ?? message;
}

function detailsOf(job: ActiveJob, report: BackendReport) {
  const { exitCode, signal } = report;
  const message = messageFor(job, report);
  return { message, exitCode, signal, ...startOf(report) };
}

function startOf(report: BackendReport): { startedAt?: number } {
  return report.startedAt === null ? {} : { startedAt: report.startedAt };
}
