import { Injectable } from '@nestjs/common';
import { delay } from '../../common/delay';
import { type ProcessEntry, signalProcess } from './process-entry';
import { findJobProcesses, type JobMark } from './process-table';

/** Looks at /proc are shared by all who wait, and no closer together than this: each costs some milliseconds. */
const SCAN_PAUSE_MS = 20;

/** A process that SIGKILL has not ended by then never will. */
const GIVE_UP_MS = 5_000;

/** How often to look whether processes that got a signal are gone. */
const LOOK_AGAIN_MS = 50;

interface Waiting {
  readonly mark: JobMark;
  readonly resolve: (found: ProcessEntry[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Ends everything that belongs to a job, daemonised children included. */
@Injectable()
export class ProcessEnder {
  private waiting: Waiting[] = [];
  private isScanning = false;

  /** The job's live processes. */
  find(mark: JobMark): Promise<ProcessEntry[]> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ mark, resolve, reject });
      if (!this.isScanning) {
        this.isScanning = true;
        setImmediate(() => void this.scan());
      }
    });
  }

  /**
   * SIGTERM to all of the job's processes, SIGKILL to those that are left after the grace; resolves when none is left.
   * Repeatable. New children of a process that is being ended are found too.
   * @returns how many can't be ended: they have become another user's, or hang in the kernel
   */
  async end(mark: JobMark, graceMs: number): Promise<number> {
    let left = await this.find(mark);
    const asked = new Set<string>();
    const deadline = performance.now() + graceMs;
    while (left.length > 0) {
      const now = performance.now();
      if (now >= deadline + GIVE_UP_MS) {
        return left.length;
      }
      const isOver = now >= deadline;
      for (const entry of left) {
        const name = `${entry.pid} ${entry.startTime}`;
        if (isOver) {
          signalProcess(entry, 'SIGKILL');
        } else if (!asked.has(name)) {
          asked.add(name);
          signalProcess(entry, 'SIGTERM');
        }
      }
      await delay(LOOK_AGAIN_MS);
      left = await this.find(mark);
    }
    return 0;
  }

  private async scan(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0);
      try {
        const found = findJobProcesses(batch.map((one) => one.mark));
        batch.forEach((one, at) => one.resolve(found[at] ?? []));
      } catch (error) {
        batch.forEach((one) => one.reject(error));
      }
      await delay(SCAN_PAUSE_MS);
    }
    this.isScanning = false;
  }
}
