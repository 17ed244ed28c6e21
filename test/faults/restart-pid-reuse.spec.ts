import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';
import { freePort } from '../support/ports';
import { CLI } from '../support/program';
import { script } from '../support/script';
import { itUnless } from '../support-jobs/conditions';
import { ended } from '../support-jobs/endings';
import { owning } from '../support-faults/owned';
import { noPidNamespace, REUSE_PIDS } from '../support-faults/pid-namespace';

const own = owning();

itUnless(
  noPidNamespace(),
  'case 51: strangers that got the pids of a job that died are never signalled',
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'orchestrator-pids-'));
    const port = await freePort();
    const arguments_ = ['--pid', '--fork', '--mount-proc', '--kill-child', 'bash', '-c', REUSE_PIDS, 'x'];
    const space = spawn('unshare', [...arguments_, process.execPath, CLI, dir, String(port)], { stdio: 'ignore' });
    try {
      const services = { example: { base: `http://127.0.0.1:${port}`, maxRuns: 1, runsPerUser: 1 } };
      const pair = await own(Pair.start({ withClient: false, services }));
      // $PPID of the script is its supervisor; its own pid is its process group's.
      const id = await pair.submit(
        script(`echo $PPID $$ > ${dir}/pids.new; mv ${dir}/pids.new ${dir}/pids; sleep 300`),
      );
      await eventually(() => existsSync(join(dir, 'strangers')), { timeoutMs: 20_000 });
      const [supervisor, shell] = readFileSync(join(dir, 'pids'), 'utf8').trim().split(' ');
      expect(readFileSync(join(dir, 'strangers'), 'utf8').trim()).toBe(`${supervisor!} ${shell!}`);
      expect([200, 409]).toContain((await pair.terminate(id)).status);
      expect(['Killed', 'Failed']).toContain((await ended(pair, id)).status);
      const next = await pair.submit(script('true'));
      expect((await ended(pair, next)).status).toBe('Completed');
      writeFileSync(join(dir, 'end'), '');
      await eventually(() => existsSync(join(dir, 'verdict')));
      expect(readFileSync(join(dir, 'verdict'), 'utf8')).toBe('both live\n');
    } finally {
      space.kill('SIGKILL');
      if (space.exitCode === null && space.signalCode === null) await once(space, 'exit');
      rmSync(dir, { recursive: true, force: true });
    }
  },
  60_000,
);
