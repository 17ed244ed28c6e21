import { bytesText } from './numbers';

/** Where a bar is drawn. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Often enough to look smooth, seldom enough to cost nothing. */
const DRAW_EVERY_MS = 100;
const BAR_COLUMNS = 30;
/** Of a terminal that doesn't know its width, or says 0. */
const DEFAULT_COLUMNS = 80;
const CLEAR_TO_END = '\u001b[K';

/**
 * One line that shows how far a transfer is, on a terminal; elsewhere nothing. Of a transfer of unknown length it shows what
 * has passed.
 */
export class ProgressBar {
  private readonly startedAt = performance.now();
  private drawnAt = -Infinity;
  private done = 0;

  /** @param total bytes; `null` where it isn't known */
  constructor(
    private readonly title: string,
    private readonly total: number | null,
    private readonly terminal: Terminal = process.stderr,
  ) {}

  add(bytes: number): void {
    this.done += bytes;
    const now = performance.now();
    if (now - this.drawnAt >= DRAW_EVERY_MS) {
      this.drawnAt = now;
      this.draw('');
    }
  }

  /** Draws it a last time and leaves the line. */
  end(): void {
    this.draw('\n');
  }

  private draw(ending: string): void {
    if (this.terminal.isTTY) {
      const known = this.terminal.columns ?? 0;
      const columns = (known > 0 ? known : DEFAULT_COLUMNS) - 1;
      this.terminal.write(`\r${this.line().slice(0, columns)}${CLEAR_TO_END}${ending}`);
    }
  }

  private line(): string {
    const seconds = (performance.now() - this.startedAt) / 1000;
    const rate = `${bytesText(Math.round(this.done / Math.max(seconds, 0.001)))}/s`;
    if (this.total === null) {
      return `${this.title} ${bytesText(this.done)}  ${rate}`;
    }
    const share = this.total === 0 ? 1 : Math.min(1, this.done / this.total);
    const filled = Math.round(share * BAR_COLUMNS);
    const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR_COLUMNS - filled)}]`;
    const percent = `${Math.floor(share * 100)}%`.padStart(4);
    return `${this.title} ${bar} ${percent}  ${bytesText(this.done)} of ${bytesText(this.total)}  ${rate}`;
  }
}
