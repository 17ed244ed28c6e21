import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One run of a named job, in nanoseconds since the epoch. `endNs` is missing while it runs and after a SIGKILL. */
export interface Run {
  readonly name: string;
  readonly startNs: bigint;
  readonly endNs?: bigint;
}

/**
 * What really ran, written by the jobs themselves: each appends a line when its script starts and one when it ends.
 * It is the ground truth for quotas and order, because neither the server nor the executor has a hand in it.
 * Two jobs of one name are two runs; a name that has two runs was started twice.
 */
export class RunLog {
  private readonly file: string;

  /** `directory`: one that jobs may write to. */
  constructor(private readonly directory: string) {
    this.file = join(directory, 'runs.log');
  }

  /**
   * A run.sh which logs its start, does `body`, and logs its end however bash ends short of SIGKILL.
   * A body that ends in a way that leaves bash no time for that calls `log end` first.
   */
  script(name: string, body = ''): string {
    const log = `log() { echo "$1 ${name} $$ $(date +%s%N)" >> ${this.file}; }`;
    return `#!/bin/bash\n${log}\ntrap 'log end' EXIT\nlog start\n${body}\n`;
  }

  /** Like `script`, for a job that stays until `open(gate)` has been called. */
  gatedScript(name: string, gate: string, after = ''): string {
    return this.script(name, `until [ -e ${this.gatePath(gate)} ]; do sleep 0.1; done\n${after}`);
  }

  /** Lets the jobs go that wait at this gate, now and later. */
  open(gate: string): void {
    writeFileSync(this.gatePath(gate), '');
  }

  private gatePath(gate: string): string {
    return join(this.directory, `gate-${gate}`);
  }

  /** All runs so far whose name begins with `prefix`, in the order of their start. */
  runs(prefix = ''): Run[] {
    const found = new Map<string, Run>();
    const text = existsSync(this.file) ? readFileSync(this.file, 'utf8') : '';
    for (const [, event, name, pid, time] of text.matchAll(/^(start|end) (\S+) (\d+) (\d+)$/gm)) {
      if (!name?.startsWith(prefix) || time === undefined) continue;
      const key = `${name} ${pid ?? ''}`;
      const begun = found.get(key);
      if (event === 'start') found.set(key, { name, startNs: BigInt(time) });
      else if (begun) found.set(key, { ...begun, endNs: BigInt(time) });
    }
    return [...found.values()].sort((a, b) => (a.startNs < b.startNs ? -1 : a.startNs > b.startNs ? 1 : 0));
  }

  /** Names in the order of their start. */
  started(prefix = ''): string[] {
    return this.runs(prefix).map((run) => run.name);
  }

  /** Names of the runs that have started and not ended. */
  running(prefix = ''): string[] {
    return this.runs(prefix)
      .filter((run) => run.endNs === undefined)
      .map((run) => run.name);
  }

  /** The largest number of runs that were going on at one moment. */
  mostAtOnce(prefix = ''): number {
    const steps = this.runs(prefix).flatMap((run) => [
      { at: run.startNs, by: 1 },
      ...(run.endNs === undefined ? [] : [{ at: run.endNs, by: -1 }]),
    ]);
    // An end and a start within one nanosecond do not overlap.
    steps.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.by - b.by));
    let now = 0;
    return steps.reduce((most, step) => Math.max(most, (now += step.by)), 0);
  }
}
