import { type ProcessEntry, readProcess } from './process-entry';
import { listPids, ProcessSights } from './process-sights';
import { supervisorSession } from './supervisor';

/** What marks a process as a job's. */
export interface JobMark {
  /** The job's key: in the environment of all that it starts, unless they clear it. */
  readonly key: string;
  /** The payload's directory: the working directory of all that it starts, unless they leave it. */
  readonly loc: string;
  /** The supervisor, which is not part of the job and shall live to record its end. */
  readonly supervisorPid: number;
  /** Other jobs run in the session of this one: who shares it tells nothing. So the Rust program's client starts them. */
  readonly sharesSession?: boolean;
}

const NO_SESSION = -1;

const sights = new ProcessSights();
const ownSession = readProcess(process.pid)?.session;

/**
 * All live processes of the jobs: those that carry the key in their environment or stand in the job's directory, their
 * descendants, and whoever shares a session with one of them, if each job has its own. The supervisor is never among them, nor is whoever shares
 * this process's own session or sits at a terminal: a job never does, but an operator who looks into its directory may.
 * @returns for each mark, in their order, its processes
 */
export function findJobProcesses(marks: readonly JobMark[]): ProcessEntry[][] {
  sights.refresh();
  let all: ProcessEntry[] | null = null;
  return marks.map((mark) => {
    const seeds = sights.find(mark.key, mark.loc).filter((entry) => mayBelong(entry, mark));
    // Most jobs leave nothing behind: then kin need not be looked for.
    return seeds.length === 0 ? [] : withKin(seeds, mark, (all ??= readAll()));
  });
}

function withKin(seeds: readonly ProcessEntry[], mark: JobMark, all: readonly ProcessEntry[]): ProcessEntry[] {
  const members = new Map(seeds.map((entry) => [entry.pid, entry]));
  // Supervisors share sessions: this executor's, and one that an earlier executor made.
  const othersSessions = [supervisorSession(), all.find(({ pid }) => pid === mark.supervisorPid)?.session];
  for (let size = 0; size !== members.size;) {
    size = members.size;
    const sessions = new Set(mark.sharesSession ? [] : [...members.values()].map(({ session }) => session));
    othersSessions.forEach((session) => sessions.delete(session ?? NO_SESSION));
    for (const entry of all) {
      const isKin = members.has(entry.parent) || sessions.has(entry.session);
      if (isKin && !members.has(entry.pid) && mayBelong(entry, mark)) {
        members.set(entry.pid, entry);
      }
    }
  }
  return [...members.values()];
}

function mayBelong({ pid, session, hasTerminal }: ProcessEntry, mark: JobMark): boolean {
  return pid !== mark.supervisorPid && session !== ownSession && !hasTerminal;
}

function readAll(): ProcessEntry[] {
  return listPids().flatMap((pid) => readProcess(pid) ?? []);
}
