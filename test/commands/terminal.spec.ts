import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runCli } from '../support/cli';
import { Pair } from '../support/pair';
import { CLI } from '../support/program';
import { script } from '../support/script';

const run = promisify(execFile);

/** util-linux gives a program a pseudo terminal. */
const hasScript = ((): boolean => {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
})();

(hasScript ? describe : describe.skip)(
  `on a terminal${hasScript ? '' : ' (skipped: there is no `script` of util-linux)'}`,
  () => {
    let pair: Pair;
    let directory: string;
    beforeAll(async () => {
      pair = await Pair.start();
      directory = mkdtempSync(join(tmpdir(), 'orchestrator-terminal-'));
      // Compresses badly, so that there is something to see of the download, too.
      writeFileSync(join(directory, 'run.sh'), script('head -c 20000000 /dev/urandom > big; sleep 1'));
      writeFileSync(join(directory, 'input'), Buffer.alloc(20_000_000));
    });
    afterAll(async () => {
      await pair.stop();
      rmSync(directory, { recursive: true });
    });

    const args = ['submit', 'run.sh', 'input', '-s', 'example', '-u', '1', '--server'];

    it('up and download show a bar that fills, and the job tells its moves', async () => {
      const command = [process.execPath, CLI, ...args, pair.server.url, '-o', 'seen.zip']
        .map((word) => `'${word}'`)
        .join(' ');
      const { stdout } = await run('script', ['-qec', `stty columns 120; ${command}`, '/dev/null'], {
        cwd: directory,
        env: { PATH: process.env.PATH, TERM: 'xterm', SHELL: '/bin/sh' },
      });
      const draws = (title: string) =>
        [...stdout.matchAll(new RegExp(`\\r${title} \\[#*-*\\] +(\\d+)%`, 'g'))].map(([, share]) => Number(share));
      for (const title of ['upload', 'download']) {
        const shares = draws(title);
        expect(shares.length).toBeGreaterThanOrEqual(2);
        expect([...shares].sort((a, b) => a - b)).toEqual(shares);
        expect(shares.at(-1)).toBe(100);
      }
      expect(stdout).toMatch(/upload .*100% {2}19\.1 MiB of 19\.1 MiB/);
      expect(stdout).toMatch(/job \d+: Running/);
      expect(stdout).toMatch(/job \d+: Completed/);
      expect(stdout).toMatch(/seen\.zip, 6 files, /);
    });

    it('elsewhere there is no bar and no escape sequence', async () => {
      const { code, stdout, stderr } = await runCli([...args, pair.server.url, '-o', 'unseen.zip'], { cwd: directory });
      expect(code).toBe(0);
      expect(stderr).toMatch(/^job \d+ was accepted\n$/);
      expect(stdout + stderr).not.toMatch(/[\r\u001b]/);
    });
  },
);
