/** One of the extra options of OPTIONS: `--nice=100`, or a bare `--exclusive`. */
export interface SbatchOption {
  readonly name: string;
  readonly value: string | null;
}

/** What goes into sbatch, or into the body of a REST submission. */
export interface SubmitRequest {
  /** Of the SLURM job: carries the key. */
  readonly name: string;
  readonly comment: string;
  /** Where the batch script begins; exists and is shared. */
  readonly directory: string;
  /** File for what the batch script itself says. */
  readonly output: string;
  /** The script's text, and the file that holds it. */
  readonly script: string;
  readonly scriptPath: string;
  /** Time limit in minutes, SLURM's unit; `null`: the partition's. */
  readonly minutes: number | null;
  readonly cpus: number | null;
  readonly memoryMiB: number | null;
  readonly partition: string | null;
  readonly account: string | null;
  readonly qos: string | null;
  readonly reservation: string | null;
  readonly gres: string | null;
  readonly constraint: string | null;
  readonly options: readonly SbatchOption[];
}

/** What a batch script finds as its environment, beside SLURM's own variables: nothing of the server's. */
export const BATCH_ENVIRONMENT: Readonly<Record<string, string>> = { PATH: '/usr/local/bin:/usr/bin:/bin' };

/** The name by which a job of this key is found in SLURM. */
export function jobNameOf(key: string): string {
  return `jo-${key}`;
}

/** The job may be put back into the queue by SLURM: only if the operator asked for it, since it would run twice. */
export function mayRequeue(options: readonly SbatchOption[]): boolean {
  return options.some(({ name }) => name === 'requeue');
}
