import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { dirsOf, type PayloadDirs } from '../../src/executor/payload-files';
import type { ProcessEntry } from '../../src/executor/process/process-entry';
import { findJobProcesses, type JobMark } from '../../src/executor/process/process-table';
import { eventually } from '../support/eventually';

/** The directories of one job, with a script in them, and what it needs to be started and ended. */
export class ScratchJob {
  readonly loc = mkdtempSync(join(tmpdir(), 'job-'));
  readonly key: string = randomUUID();
  readonly dirs: PayloadDirs = dirsOf(this.loc);

  constructor(script: string) {
    [this.dirs.work, this.dirs.home].forEach((directory) => mkdirSync(directory));
    this.write('run.sh', script);
  }

  get environment(): Record<string, string> {
    return { PATH: process.env.PATH ?? '', JOB_KEY: this.key, HOME: this.dirs.home };
  }

  mark(supervisorPid = -1): JobMark {
    return { key: this.key, loc: this.loc, supervisorPid };
  }

  processes(supervisorPid = -1): ProcessEntry[] {
    return findJobProcesses([this.mark(supervisorPid)])[0]!;
  }

  path(name: string): string {
    return join(this.dirs.work, name);
  }

  has(name: string): boolean {
    return existsSync(this.path(name));
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
    chmodSync(this.path(name), 0o644);
  }

  /** The pid that the script wrote into a file of that name. */
  async pid(name: string): Promise<number> {
    const text = await eventually(() => this.has(name) && /^\d+\n$/.test(this.read(name)) && this.read(name));
    return Number(text);
  }

  /** Kills what is left of it and removes its files. */
  async clear(): Promise<void> {
    await eventually(() => {
      const left = this.processes();
      left.forEach(({ pid }) => process.kill(pid, 'SIGKILL'));
      return left.length === 0;
    });
    rmSync(this.loc, { recursive: true, force: true });
  }
}
