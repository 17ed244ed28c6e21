import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(__dirname, '../..');

/** Makes `require` read the TypeScript of `src/`, as jest does here. */
const READ_TYPESCRIPT = `
  const { transformFileSync } = require('@swc/core');
  require.extensions['.ts'] = (module, file) => module._compile(transformFileSync(file).code, file);
`;

/** Another process of Node that runs our sources: for promises that hold between processes. */
export class TypeScriptChild {
  private readonly lines: AsyncIterator<string>;

  private constructor(readonly process: ChildProcess) {
    this.lines = createInterface({ input: process.stdout! })[Symbol.asyncIterator]();
  }

  /**
   * @param code the body of an async function; `require('./src/...')` works, and so does `say(text)`
   * @param args what the code finds in `args`
   */
  static start(code: string, args: readonly string[] = [], nodeOptions: readonly string[] = []): TypeScriptChild {
    const script = `${READ_TYPESCRIPT}
      const args = process.argv.slice(1);
      const say = (text) => process.stdout.write(text + '\\n');
      (async () => { ${code} })().catch((error) => { console.error(error); process.exit(1); });`;
    const child = spawn(process.execPath, [...nodeOptions, '-e', script, '--', ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return new TypeScriptChild(child);
  }

  /** The next line that it says; `null` when it has ended. */
  async hear(): Promise<string | null> {
    const next = await this.lines.next();
    return next.done ? null : next.value;
  }

  /** Waits for its end. */
  async ended(): Promise<{ code: number | null; signal: string | null }> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      await once(this.process, 'exit');
    }
    return { code: this.process.exitCode, signal: this.process.signalCode };
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended();
  }
}
