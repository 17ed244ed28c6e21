import type { Logger } from '@nestjs/common';
import type { Stuck } from './orphan-directories';

/** Tells of directories that can't be removed, each once: it is tried again, and need not be told each time. */
export class StuckReporter {
  private readonly told = new Set<string>();

  constructor(private readonly logger: Logger) {}

  report(stuck: readonly Stuck[]): void {
    for (const { path, error } of stuck.filter((each) => !this.told.has(each.path))) {
      this.told.add(path);
      this.logger.error({ err: error }, `an orphaned directory could not be removed: ${path}`);
    }
  }
}
