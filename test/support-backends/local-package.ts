import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = resolve(__dirname, '../..');

/** The package of docs/backends/writing-one.md, as it stands in this repository. */
export const EXAMPLE = join(ROOT, 'examples/backends/local');

/** What `npm install` would put beside the package. */
const INSTALLED = ['@nestjs', 'reflect-metadata', 'rxjs', '@types/node', 'typescript'];

/** The code of that page, in the order of the page, by the language of its blocks. */
export function codeOfPage(language: string): string[] {
  const page = readFileSync(join(ROOT, 'docs/backends/writing-one.md'), 'utf8');
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, code]) => code!);
}

/** A copy of that package in a directory of its own, compiled from the code of the page. */
export class LocalPackage {
  private constructor(
    readonly root: string,
    readonly home: string,
  ) {}

  /** @throws Error with what the compiler says */
  static async make(): Promise<LocalPackage> {
    const root = mkdtempSync(join(tmpdir(), 'orchestrator-example-'));
    const home = join(root, 'local');
    cpSync(EXAMPLE, home, { recursive: true, filter: (path) => !/\/(dist|node_modules|src)$/.test(path) });
    mkdirSync(join(home, 'src'));
    writeFileSync(join(home, 'src/local.backend.ts'), codeOfPage('ts').join('\n'));
    for (const name of INSTALLED) {
      const link = join(home, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules', name), link);
    }
    symlinkSync(ROOT, join(home, 'node_modules/job-orchestrator'));
    await run(process.execPath, ['node_modules/typescript/bin/tsc'], { cwd: home }).catch((error: unknown) => {
      throw new Error(`it does not compile: ${(error as { stdout: string }).stdout}`);
    });
    return new LocalPackage(root, home);
  }

  /** Takes away what npm would install: a server gives its own. */
  uninstall(): void {
    rmSync(join(this.home, 'node_modules'), { recursive: true, force: true });
  }

  /** Runs its own tests; what they report, as TAP. */
  async test(): Promise<string> {
    // Not as a part of this run: node:test would report to the runner that it finds in the environment.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(NODE_|JEST_)/.test(name)));
    return run(process.execPath, ['--test', '--test-reporter=tap'], { cwd: this.home, env }).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { stdout: string }).stdout,
    );
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
