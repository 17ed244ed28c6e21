import { userInfo } from 'node:os';
import { messageOf } from '../../../common/errors';
import { BackendUnavailableError, BackendUnclearError } from '../../backend.errors';
import { parseSbatch, sbatchArgs } from '../commands/sbatch';
import { isAccountingOff, parseSacct, sacctArgs } from '../commands/sacct';
import { isEndedAlready, scancelArgs } from '../commands/scancel';
import { parsePing, SCONTROL_PING_ARGS } from '../commands/scontrol-ping';
import { isUserUnknown, parseSqueue, squeueArgs } from '../commands/squeue';
import { type JobList, wholeOf } from '../job-sight';
import { backendError, kindOfText, saidBy } from '../slurm-errors';
import type { PastQuery, SlurmTransport } from '../slurm-transport';
import { BATCH_ENVIRONMENT, type SubmitRequest } from '../submit-request';
import { type CommandResult, findProgram, runCommand } from './run-command';

/** Longer than the 19 s that the commands take themselves to give up on a controller, whose word is then certain. */
const PATIENT_MS = 30_000;
/** A list that takes longer is no use: the next one is due. */
const LIST_MS = 20_000;
const PING_MS = 5_000;
const ACCOUNTING_MS = 20_000;

const OWN_SETTINGS = ['SLURM_CONF', 'SLURM_CONF_SERVER'] as const;
const PROGRAMS = ['sbatch', 'squeue', 'scancel', 'scontrol'] as const;
type ProgramName = (typeof PROGRAMS)[number] | 'sacct';

/** SLURM by its commands. */
export class CliTransport implements SlurmTransport {
  readonly place = 'the commands of SLURM';
  private readonly uid = ownUid();
  private readonly programs = new Map<ProgramName, string>();

  /** @param outer the server's own environment, of which the commands see what they need to find SLURM */
  constructor(private readonly outer: Readonly<Record<string, string | undefined>>) {}

  /** Finds the commands. @returns those that are missing */
  async findPrograms(): Promise<readonly string[]> {
    const missing: string[] = [];
    for (const name of [...PROGRAMS, 'sacct'] as const) {
      const program = await findProgram(name, this.outer.PATH ?? '');
      if (program !== null) {
        this.programs.set(name, program);
      } else if (name !== 'sacct') {
        missing.push(name);
      }
    }
    return missing;
  }

  async refusal(): Promise<null> {
    return Promise.resolve(null);
  }

  async ping(signal: AbortSignal): Promise<void> {
    const { code, stdout, stderr } = await this.run('scontrol', SCONTROL_PING_ARGS, PING_MS, signal);
    const fault = code === null ? `scontrol ping gave no answer within ${PING_MS / 1000} s` : parsePing(stdout);
    if (fault !== null) {
      throw new BackendUnavailableError(`SLURM: ${stderr === '' ? fault : saidBy(stderr)}`);
    }
  }

  async submit(request: SubmitRequest, isFresh: boolean, signal: AbortSignal): Promise<number> {
    const environment = { ...BATCH_ENVIRONMENT, ...this.ownSettings() };
    const result = await this.run('sbatch', sbatchArgs(request), PATIENT_MS, signal, environment);
    if (result.code === null) {
      throw new BackendUnclearError(`SLURM: sbatch gave no answer within ${PATIENT_MS / 1000} s`, true);
    }
    if (result.code !== 0) {
      throw backendError(kindOfText(result.stderr), saidBy(result.stderr), isFresh);
    }
    const jobId = parseSbatch(result.stdout);
    if (jobId === null) {
      throw new BackendUnclearError(`SLURM: sbatch answered ${JSON.stringify(result.stdout.slice(0, 100))}`, true);
    }
    return jobId;
  }

  async list(signal: AbortSignal): Promise<JobList> {
    const result = await this.run('squeue', squeueArgs(this.uid), LIST_MS, signal);
    this.demandSuccess('squeue', result, LIST_MS);
    if (isUserUnknown(result.stderr)) {
      throw new BackendUnavailableError(`SLURM: ${saidBy(result.stderr)}`);
    }
    return parseSqueue(result.stdout);
  }

  async past(query: PastQuery, signal: AbortSignal): Promise<JobList | null> {
    if (!this.programs.has('sacct')) {
      return null;
    }
    const result = await this.run('sacct', sacctArgs(query), ACCOUNTING_MS, signal);
    if (result.code !== 0 && isAccountingOff(result.stderr)) {
      return null;
    }
    this.demandSuccess('sacct', result, ACCOUNTING_MS);
    const jobs = parseSacct(result.stdout);
    return 'name' in query ? wholeOf(jobs) : jobs;
  }

  async cancel(jobIds: readonly number[], signal: AbortSignal): Promise<void> {
    const { code, stderr } = await this.run('scancel', scancelArgs(jobIds), PATIENT_MS, signal);
    if (code !== 0 && !isEndedAlready(stderr)) {
      const text = code === null ? `scancel gave no answer within ${PATIENT_MS / 1000} s` : saidBy(stderr);
      throw new BackendUnclearError(`SLURM: ${text}`, true);
    }
  }

  close(): void {
    // Each of its commands is ended by its caller's signal.
  }

  private demandSuccess(name: ProgramName, { code, stderr }: CommandResult, timeoutMs: number): void {
    if (code !== 0) {
      const text = code === null ? `${name} gave no answer within ${timeoutMs / 1000} s` : saidBy(stderr);
      throw new BackendUnavailableError(`SLURM: ${text}`);
    }
  }

  private async run(
    name: ProgramName,
    args: readonly string[],
    timeoutMs: number,
    signal: AbortSignal,
    environment: Readonly<Record<string, string>> = {
      ...BATCH_ENVIRONMENT,
      ...this.ownSettings(),
      LC_ALL: 'C',
      SLURM_TIME_FORMAT: '%s',
    },
  ): Promise<CommandResult> {
    const program = this.programs.get(name);
    if (program === undefined) {
      throw new BackendUnavailableError(`SLURM: there is no ${name} on the server's PATH`);
    }
    try {
      return await runCommand(program, args, { environment, timeoutMs, signal });
    } catch (error) {
      if (signal.aborted) {
        // sbatch may have been killed in the middle.
        throw new BackendUnclearError(`SLURM: ${name} was aborted`, true, { cause: error });
      }
      throw new BackendUnavailableError(`SLURM: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Where SLURM's own configuration is, if not in its usual place: a file, or a server that gives it out. */
  private ownSettings(): Record<string, string> {
    const settings = OWN_SETTINGS.map((name) => [name, this.outer[name]]);
    return Object.fromEntries(settings.filter(([, value]) => value !== undefined)) as Record<string, string>;
  }
}

/** Of the user who runs us; `null` where that one has no name: in a container, say. */
function ownUid(): number | null {
  try {
    return userInfo().uid;
  } catch {
    return null;
  }
}
