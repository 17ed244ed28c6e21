import { randomInt } from 'node:crypto';
import { eventually } from '../support/eventually';
import { processesNamed } from '../support/processes';

/** A `sleep` whose argument no other process on the machine has, so that it can be found again by its command line. */
export function uniqueSleep(seconds: number): string {
  return `sleep ${seconds}.${randomInt(1_000_000, 9_999_999)}`;
}

/** Ids of the live processes with exactly this command line: not of a shell that has it in an argument. */
export function running(commandLine: string): number[] {
  return processesNamed(commandLine)
    .filter(({ command }) => command === commandLine)
    .map(({ pid }) => pid);
}

/** Waits until `count` processes have exactly this command line. */
export async function untilRunning(commandLine: string, count = 1): Promise<void> {
  await eventually(() => running(commandLine).length === count, {
    lastSeen: () => `${running(commandLine).length} of ${count} processes "${commandLine}"`,
  });
}

/** Waits until no process has this command line, at most the 15 s that a job's processes may take to go. */
export async function untilGone(commandLine: string): Promise<void> {
  await eventually(() => processesNamed(commandLine).length === 0, {
    timeoutMs: 15_000,
    lastSeen: () => `still alive: ${JSON.stringify(processesNamed(commandLine))}`,
  });
}
