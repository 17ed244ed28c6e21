import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { callAfter } from '../common/call-after';
import { failpoint } from '../common/failpoint';
import { backOff, delay } from '../common/delay';
import { errnoOf, messageOf } from '../common/errors';
import { outsideRequests } from '../common/outside-requests';
import { CLIENT_CONFIG } from '../config/config.module';
import type { ClientConfig } from '../config/client-config';
import { SCRIPT_NAME, STDERR_NAME, STDOUT_NAME } from '../wire/protocol';
import { jobEnvironment } from '../workload/job-environment';
import { prepareScript, readScript } from '../workload/prepare-script';
import { mixedLineEndsHint } from '../workload/script-text';
import { describeEnd } from './describe-end';
import { PayloadFilesGoneError, ProcessesLeftError } from './executor.errors';
import { dirsOf, PayloadFiles } from './payload-files';
import { idsOf, type PayloadRow, PayloadsRepository } from './payloads.repository';
import { LogLimit } from './process/log-limit';
import { ProcessEnder } from './process/process-ender.service';
import type { JobMark } from './process/process-table';
import { findSupervisor, type RunningJob, startSupervisor } from './process/supervisor';
import { claim, readScriptEnd, supervisorAgeMs } from './process/supervisor-record';
import { TakeOver } from './take-over.service';

/** No process could be had: the machine's limits may allow one soon. */
const SPAWN_BACK_OFF = { firstMs: 50, maxMs: 2_000 };
const PASSING_ERRORS = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM']);

/** Between two attempts to end a job of which nothing could be seen. */
const END_AGAIN_MS = 100;

/** No process has this pid. */
const NO_SUPERVISOR = -1;

/** How often to look whether processes that the Rust program started have ended. */
const LOOK_AGAIN_MS = 500;

type Prepared = { readonly note: string } | { readonly refusal: string };

/** Runs payloads: from `Prepared` to their end. Owns the processes of all of them. */
@Injectable()
export class RunnerService {
  private readonly logger = new Logger(RunnerService.name);
  private readonly queue: PayloadRow[] = [];
  /** Each payload that is being run, until its end is stored. */
  private readonly active = new Map<number, Promise<void>>();
  private readonly marks = new Map<number, JobMark>();
  /** Payloads that were ended for running longer than they may. */
  private readonly late = new Set<number>();

  constructor(
    private readonly payloads: PayloadsRepository,
    private readonly files: PayloadFiles,
    private readonly ender: ProcessEnder,
    private readonly logLimit: LogLimit,
    private readonly takeOver: TakeOver,
    @Inject(CLIENT_CONFIG) private readonly config: ClientConfig,
  ) {}

  /** Runs the payload as soon as `MAX_CONCURRENT` allows; others go first that came first. */
  enqueue(payload: PayloadRow): void {
    this.queue.push(payload);
    this.pump();
  }

  /** What a payload that comes now would wait for; empty if it can begin at once. */
  waitReason(): string {
    const limit = this.config.maxConcurrent;
    return limit !== null && this.active.size >= limit
      ? `waiting: the executor runs ${limit} jobs at a time (MAX_CONCURRENT)`
      : '';
  }

  /** Takes over a payload that an earlier executor was about to run, ran, or left ended. */
  adopt(payload: PayloadRow): void {
    this.keep(payload, this.resume(payload));
  }

  /**
   * Takes over a payload that the Rust program's client was running: it has no supervisor, only processes that stand in
   * its directory, and the exit code that its script writes there by a trap.
   */
  adoptForeign(payload: PayloadRow): void {
    this.keep(payload, this.seeForeign(payload));
  }

  /** Ends what is left of a payload that the Rust program's client had terminated. */
  endForeign(payload: PayloadRow): void {
    this.ender.end(foreignMark(payload), this.config.killGraceMs).catch((error: unknown) => {
      this.logger.error({ err: error, ...idsOf(payload) }, 'what a terminated payload left could not be ended');
    });
  }

  /**
   * Ends the payload for good and resolves once nothing of it can run any more.
   * A payload that has ended by itself stays what it is.
   */
  async terminate(id: number): Promise<void> {
    if (!(await this.payloads.wishTermination(id))) {
      return;
    }
    const at = this.queue.findIndex((waiting) => waiting.id === id);
    if (at !== -1) {
      this.queue.splice(at, 1);
      await this.payloads.move(id, 'Killed', { message: 'terminated before it started' });
      return;
    }
    const over = this.active.get(id) ?? Promise.resolve();
    const left = await this.endUntil(id, over);
    if (left > 0) {
      throw new ProcessesLeftError(id, left);
    }
    await over;
  }

  /**
   * Ends the job's processes until it is over: one that is just being started has none yet that can be seen.
   * @returns how many can't be ended
   */
  private async endUntil(id: number, over: Promise<unknown>): Promise<number> {
    for (;;) {
      const mark = this.marks.get(id);
      const left = mark ? await this.ender.end(mark, this.config.killGraceMs) : 0;
      const isOver = await Promise.race([over.then(() => true), delay(END_AGAIN_MS).then(() => false)]);
      if (isOver || left > 0) {
        return isOver ? 0 : left;
      }
    }
  }

  private pump(): void {
    while (this.queue.length > 0 && this.active.size < (this.config.maxConcurrent ?? Infinity)) {
      const payload = this.queue.shift();
      if (payload) {
        this.keep(
          payload,
          outsideRequests(() => this.run(payload)),
        );
      }
    }
  }

  private keep(payload: PayloadRow, work: Promise<void>): void {
    const { id } = payload;
    const kept = work
      .catch(async (error: unknown) => {
        this.logger.error({ err: error, ...idsOf(payload) }, 'a payload could not be run');
        await this.payloads.move(id, 'Failed', { message: `the executor failed to run it: ${messageOf(error)}` });
      })
      .catch((error: unknown) => this.logger.error({ err: error, ...idsOf(payload) }, 'its end could not be stored'))
      .finally(() => {
        this.active.delete(id);
        this.marks.delete(id);
        this.pump();
      });
    this.active.set(id, kept);
  }

  private async run(payload: PayloadRow): Promise<void> {
    const prepared = await this.prepareScript(payload);
    if ('refusal' in prepared) {
      this.logger.log(idsOf(payload), `payload refused: ${prepared.refusal}`);
      await this.payloads.move(payload.id, 'Invalid', { message: prepared.refusal });
      return;
    }
    const job = await this.start(payload);
    failpoint('run:spawned');
    this.logger.log(idsOf(payload), 'payload started');
    await this.payloads.move(payload.id, 'Running', { pid: job.supervisorPid, message: prepared.note });
    await this.see(payload, job, prepared.note);
  }

  private async resume(payload: PayloadRow): Promise<void> {
    const found = await findSupervisor(dirsOf(payload.loc));
    switch (found.state) {
      case 'never-started':
        if (payload.status !== 'Running') {
          return this.run(payload);
        }
        // It was seen to begin, so its record is lost (a power cut; its row is durable): it must not run twice.
        return claim(dirsOf(payload.loc).record)
          ? this.finish(payload, NO_SUPERVISOR, payload.message)
          : this.resume(payload);
      case 'over':
        await this.payloads.move(payload.id, 'Running');
        return this.finish(payload, NO_SUPERVISOR, payload.message);
      case 'alive':
        await this.payloads.move(payload.id, 'Running', { pid: found.supervisorPid });
        return this.see(payload, found, payload.message);
    }
  }

  private async prepareScript(payload: PayloadRow): Promise<Prepared> {
    const path = join(dirsOf(payload.loc).work, SCRIPT_NAME);
    const prepared = await prepareScript(path, this.config.scriptFilter);
    if ('refusal' in prepared && !this.files.has(payload.loc)) {
      throw new PayloadFilesGoneError(payload.id);
    }
    if ('mended' in prepared && prepared.mended) {
      await writeFile(path, prepared.mended);
    }
    return prepared;
  }

  private async start(payload: PayloadRow): Promise<RunningJob> {
    const dirs = dirsOf(payload.loc);
    const environment = jobEnvironment(
      { id: payload.jobId ?? String(payload.id), key: payload.key, homeDir: dirs.home, tmpDir: dirs.home },
      process.env,
      this.config.jobEnv,
    );
    for (let attempt = 1; ; attempt++) {
      try {
        return await startSupervisor(dirs, environment);
      } catch (error) {
        if (!PASSING_ERRORS.has(errnoOf(error) ?? '')) {
          throw error;
        }
        // It may have begun after all, unheard of.
        const found = await findSupervisor(dirs);
        if (found.state !== 'never-started') {
          return found.state === 'alive' ? found : { supervisorPid: NO_SUPERVISOR, ended: Promise.resolve() };
        }
        this.logger.warn({ err: error, ...idsOf(payload) }, 'no process to be had, trying again');
        await delay(backOff(attempt, SPAWN_BACK_OFF));
      }
    }
  }

  /** Sees a running job to its end. */
  private async see(payload: PayloadRow, job: RunningJob, note: string): Promise<void> {
    const mark: JobMark = { key: payload.key, loc: payload.loc, supervisorPid: job.supervisorPid };
    this.marks.set(payload.id, mark);
    const logs = this.logsOf(payload);
    this.logLimit.watch(logs);
    if ((await this.payloads.find(payload.id))?.killed) {
      void this.endUntil(payload.id, job.ended);
    }
    const stopClock = this.startClock(payload, job.ended);
    await job.ended;
    stopClock();
    // It may have found the job started already, by a supervisor that nobody knew of: that one's end counts.
    const other = await findSupervisor(dirsOf(payload.loc));
    if (other.state === 'alive' && other.supervisorPid !== job.supervisorPid) {
      return this.see(payload, other, note);
    }
    await this.finish(payload, job.supervisorPid, note);
  }

  private async seeForeign(payload: PayloadRow): Promise<void> {
    const mark = foreignMark(payload);
    this.marks.set(payload.id, mark);
    if (payload.killed) {
      await this.ender.end(mark, this.config.killGraceMs);
    }
    while ((await this.ender.find(mark)).length > 0) {
      await delay(LOOK_AGAIN_MS);
    }
    const exitCode = await readForeignExit(payload.loc);
    const loc = await this.takeOver.adopt(payload);
    const row = await this.payloads.find(payload.id);
    const end = describeEnd({
      end: exitCode === null ? null : { exitCode, signal: null, startError: null },
      isKilled: row?.killed ?? false,
      overtimeMs: null,
      hasWork: this.files.has(loc),
      note: '',
    });
    await this.payloads.move(payload.id, end.status, { message: end.message, exitCode: end.exitCode });
  }

  /** Ends the job when it has run for its walltime. Returns what stops the clock. */
  private startClock(payload: PayloadRow, over: Promise<void>): () => void {
    const { id, loc, walltime } = payload;
    if (walltime === null) {
      return () => undefined;
    }
    const ranMs = supervisorAgeMs(dirsOf(loc).record) ?? 0;
    return callAfter(Math.max(0, walltime - ranMs), () => {
      this.late.add(id);
      this.endUntil(id, over).catch((error: unknown) => {
        this.logger.error({ err: error, ...idsOf(payload) }, 'a job that ran too long could not be ended');
      });
    });
  }

  /** The supervisor is gone: ends what the job left running, and stores how it ended. */
  private async finish(payload: PayloadRow, supervisorPid: number, note: string): Promise<void> {
    // Without its supervisor (killed from outside) the job itself may still run.
    const mark = { key: payload.key, loc: payload.loc, supervisorPid };
    let left = await this.ender.end(mark, this.config.killGraceMs);
    // Killed is only said once nothing can run any more.
    while (left > 0 && (await this.payloads.find(payload.id))?.killed) {
      await delay(LOOK_AGAIN_MS);
      left = await this.ender.end(mark, this.config.killGraceMs);
    }
    const notes = [note, left > 0 ? `${left} of its processes could not be ended` : ''].filter((text) => text !== '');
    this.logLimit.close(this.logsOf(payload));
    const dirs = dirsOf(payload.loc);
    const row = await this.payloads.find(payload.id);
    const end = describeEnd({
      end: readScriptEnd(dirs.record),
      isKilled: row?.killed ?? false,
      hasWork: this.files.has(payload.loc),
      overtimeMs: this.late.delete(payload.id) ? payload.walltime : null,
      note: notes.join('; '),
    });
    failpoint('run:ended');
    const hint = end.status === 'Failed' ? await this.lineEndsHint(payload) : '';
    this.logger.log(idsOf(payload), [`payload ended ${end.status}`, end.message].filter(Boolean).join(': '));
    await this.payloads.move(payload.id, end.status, {
      message: end.message + hint,
      exitCode: end.exitCode,
      signal: end.signal,
    });
  }

  private async lineEndsHint(payload: PayloadRow): Promise<string> {
    const script = await readScript(join(dirsOf(payload.loc).work, SCRIPT_NAME)).catch(() => null);
    const hint = script && mixedLineEndsHint(script);
    return hint ? ` (${hint})` : '';
  }

  private logsOf(payload: PayloadRow): string[] {
    const { work } = dirsOf(payload.loc);
    return [join(work, STDOUT_NAME), join(work, STDERR_NAME)];
  }
}

function foreignMark({ key, loc }: PayloadRow): JobMark {
  return { key, loc, supervisorPid: NO_SUPERVISOR, sharesSession: true };
}

/** What the trap line of scripts for the Rust program has written. */
async function readForeignExit(loc: string): Promise<number | null> {
  const text = await readFile(join(loc, '.orchestrator.exit'), 'latin1').catch(() => '');
  return /^\d{1,3}\s*$/.test(text) ? Number(text) : null;
}
