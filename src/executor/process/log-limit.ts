import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, openSync, writeSync } from 'node:fs';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { CLIENT_CONFIG } from '../../config/config.module';
import type { ClientConfig } from '../../config/client-config';

/** A look at the logs of all running jobs costs some microseconds each. */
const LOOK_EVERY_MS = 100;

/**
 * Keeps the logs of running jobs within `JOB_LOG_LIMIT` by cutting what is over it, ten times a second.
 * The job writes straight into its files: so nothing is lost when the executor dies, and a job costs no extra process.
 * A pipe through `head` would be exact, but costs two processes a job and an end that daemons can hold open.
 */
@Injectable()
export class LogLimit implements OnModuleDestroy {
  private readonly watched = new Set<string>();
  private readonly cut = new Set<string>();
  private timer: NodeJS.Timeout | null = null;

  constructor(@Inject(CLIENT_CONFIG) private readonly config: ClientConfig) {}

  watch(paths: readonly string[]): void {
    paths.forEach((path) => this.watched.add(path));
    this.timer ??= setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  /** Ends the watch: the job is over. A log that was cut gets a note as its last line. */
  close(paths: readonly string[]): void {
    for (const path of paths) {
      this.watched.delete(path);
      this.cutIfOver(path);
      if (this.cut.delete(path)) {
        const note = `\n[cut here: the log was longer than ${this.config.jobLogLimitBytes} bytes]\n`;
        withRegularFile(path, (fd) => writeSync(fd, note));
      }
    }
    if (this.watched.size === 0) {
      this.onModuleDestroy();
    }
  }

  onModuleDestroy(): void {
    if (this.timer) {
      clearInterval(this.timer);
      this.timer = null;
    }
  }

  private look(): void {
    for (const path of this.watched) {
      this.cutIfOver(path);
    }
  }

  private cutIfOver(path: string): void {
    const limit = this.config.jobLogLimitBytes;
    if (sizeOf(path) <= limit) {
      return;
    }
    withRegularFile(path, (fd, size) => {
      if (size > limit) {
        ftruncateSync(fd, limit);
        this.cut.add(path);
      }
    });
  }
}

/** 0 where there is nothing to be seen: the script may have closed its own directory. */
function sizeOf(path: string): number {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    return 0;
  }
}

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Works on a job's log, if it still is one: the script may have removed it, or put a link or a FIFO in its place, which
 * must neither lead us elsewhere nor hold us up.
 */
function withRegularFile(path: string, work: (fd: number, size: number) => void): void {
  let fd: number;
  try {
    fd = openSync(path, APPEND);
  } catch {
    return;
  }
  try {
    const found = fstatSync(fd);
    if (found.isFile()) {
      work(fd, found.size);
    }
  } catch {
    // A full disk takes no note: the log is cut all the same.
  } finally {
    closeSync(fd);
  }
}
