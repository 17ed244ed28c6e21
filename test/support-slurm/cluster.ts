import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** Starts a real one-node cluster; see the README. START_SLURM names another. */
const START_SCRIPT = process.env.START_SLURM ?? resolve(__dirname, '../../../shared/slurm/start-slurm');
const START_LIMIT_MS = 180_000;
const COMMAND_LIMIT_MS = 60_000;

/** Why there is no SLURM to test with; `null`: there is. */
export function slurmMissing(): string | null {
  if (existsSync(START_SCRIPT)) {
    return process.getuid?.() === 0 ? null : 'only root can start a SLURM cluster';
  }
  return `there is no script ${START_SCRIPT} that starts a SLURM cluster (START_SLURM names one)`;
}

/** Describes tests that need SLURM; where there is none they show as skipped, with the reason. */
export function describeSlurm(name: string, tests: () => void): void {
  const reason = slurmMissing();
  if (reason === null) {
    describe(name, tests);
  } else {
    describe.skip(`${name} (skipped: ${reason})`, tests);
  }
}

/** What reaches slurmrestd. */
export interface RestAccess {
  readonly url: string;
  readonly user: string;
  readonly token: string;
}

/** Brings the cluster up, with 100 CPUs, so that many small jobs run at once. Again: no-op. */
export function startSlurm(options: { accounting?: boolean; env?: Record<string, string> } = {}): void {
  const args = (options.accounting ?? true) ? ['--db'] : [];
  const env = { ...process.env, START_SLURM_CPUS: '100', ...options.env };
  const start = () => spawnSync(START_SCRIPT, args, { env, encoding: 'utf8', timeout: START_LIMIT_MS });
  let { status, stderr } = start();
  if (status !== 0) {
    // Seen on a busy machine: its database gave up, because the file of its first commands was removed too early.
    ({ status, stderr } = start());
  }
  if (status !== 0) {
    throw new Error(`start-slurm: ${stderr.slice(-2000)}`);
  }
}

/** Some daemon of a cluster that the script has started runs. */
export function isSlurmRunning(): boolean {
  return slurmMissing() === null && statusOfSlurm().includes(' runs (');
}

/** Cancels what is on the cluster and ends its daemons. */
export function stopSlurm(): void {
  spawnSync(START_SCRIPT, ['stop'], { stdio: 'ignore', timeout: START_LIMIT_MS });
}

function statusOfSlurm(): string {
  return spawnSync(START_SCRIPT, ['status'], { encoding: 'utf8', timeout: COMMAND_LIMIT_MS }).stdout;
}

export function restAccess(): RestAccess {
  const text = execFileSync(START_SCRIPT, ['env'], { encoding: 'utf8', timeout: COMMAND_LIMIT_MS });
  const value = (name: string) => new RegExp(`${name}=['"]?([^'"\\s;]+)`).exec(text)?.[1] ?? '';
  return { url: value('SLURM_REST_URL'), user: value('SLURM_REST_USER'), token: value('SLURM_REST_TOKEN') };
}

/** Runs one of SLURM's commands; its output. @throws Error when it fails */
export function slurm(command: string, ...args: string[]): string {
  return execFileSync(command, args, {
    encoding: 'utf8',
    timeout: COMMAND_LIMIT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Ends a daemon of the cluster (SIGTERM, or SIGKILL); startSlurm() brings it back. */
export function endDaemon(name: 'slurmctld' | 'slurmd' | 'slurmrestd', signal: NodeJS.Signals = 'SIGTERM'): void {
  const stdout = statusOfSlurm();
  const [, pid] = new RegExp(`^${name} runs \\(pid (\\d+)\\)`, 'm').exec(stdout) ?? [];
  if (pid === undefined) {
    throw new Error(`${name} does not run: ${stdout}`);
  }
  process.kill(Number(pid), signal);
}

/** Jobs in SLURM of this name, as `id state`, ended ones included. */
export function jobsNamed(name: string): string[] {
  return slurm('squeue', '-h', '-t', 'all', `--name=${name}`, '-o', '%A %T').split('\n').filter(Boolean);
}
