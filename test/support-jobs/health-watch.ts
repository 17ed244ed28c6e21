import type { Program } from '../support/program';

/** Asks a program's `GET /health` again and again and remembers the slowest answer. */
export class HealthWatch {
  slowestMs = 0;
  asked = 0;
  readonly faults: string[] = [];
  private readonly stopped = new AbortController();
  private readonly loop: Promise<void>;

  constructor(private readonly program: Program) {
    this.loop = this.watch();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.loop;
  }

  private async watch(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      const begin = performance.now();
      try {
        const answer = await fetch(`${this.program.url}/health`, { signal: AbortSignal.timeout(20_000) });
        await answer.arrayBuffer();
        if (answer.status !== 200) this.faults.push(`status ${answer.status}`);
      } catch (error) {
        this.faults.push(String(error));
      }
      this.asked++;
      this.slowestMs = Math.max(this.slowestMs, performance.now() - begin);
      await new Promise((resolve) => setTimeout(resolve, 50)); // the pace of the poll, nothing is waited for
    }
  }
}
