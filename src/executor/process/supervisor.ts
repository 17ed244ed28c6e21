import { accessSync } from 'node:fs';
import { delay } from '../../common/delay';
import type { PayloadDirs } from '../payload-files';
import { Launcher } from './launcher';
import { readBootId, readProcess } from './process-entry';
import { readSupervisorId, type SupervisorId, wasClaimed } from './supervisor-record';

/** How often to look whether an adopted supervisor lives: it is not our child, so nothing tells us. */
const LOOK_EVERY_MS = 200;

/** A job under way. */
export interface RunningJob {
  readonly supervisorPid: number;
  /** Resolves when the supervisor has recorded how the script ended, or is gone. */
  readonly ended: Promise<void>;
}

const launcher = new Launcher();

/** The session in which supervisors run that this process has started; `null`: none yet. */
export function supervisorSession(): number | null {
  return launcher.session;
}

/** Whether this process is a supervisor that this process has started: no job's, whatever it looks like. */
export function isOwnSupervisor(pid: number): boolean {
  return launcher.hasStarted(pid);
}

/**
 * Starts a job's supervisor, detached: in another session than ours, so that it lives on when the executor dies.
 * @throws LaunchError and the system's errors when no process can be had; whether one begins later, its claim decides
 */
export async function startSupervisor(dirs: PayloadDirs, environment: Record<string, string>): Promise<RunningJob> {
  accessSync(dirs.work);
  return launcher.start({ loc: dirs.loc, environment });
}

/** What a restarted executor finds of a job that its predecessor started, or was about to start. */
export type Found =
  { readonly state: 'never-started' } | { readonly state: 'over' } | ({ readonly state: 'alive' } & RunningJob);

/** Looks for the supervisor of an earlier executor. Never goes by the pid alone. */
export async function findSupervisor(dirs: PayloadDirs): Promise<Found> {
  if (!wasClaimed(dirs.record)) {
    return { state: 'never-started' };
  }
  // Its predecessor may have been killed between the claim and the record; the record takes it milliseconds.
  for (let look = 0; look < 10 && readSupervisorId(dirs.record) === null; look++) {
    await delay(LOOK_EVERY_MS / 2);
  }
  const id = readSupervisorId(dirs.record);
  return id !== null && isAlive(id)
    ? { state: 'alive', supervisorPid: id.pid, ended: untilGone(id) }
    : { state: 'over' };
}

function isAlive(id: SupervisorId): boolean {
  return id.bootId === readBootId() && readProcess(id.pid)?.startTime === id.startTime;
}

async function untilGone(id: SupervisorId): Promise<void> {
  while (isAlive(id)) {
    await delay(LOOK_EVERY_MS);
  }
}
