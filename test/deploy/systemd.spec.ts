import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { itUnless, missingCommand } from '../support-jobs/conditions';

const UNITS = resolve(__dirname, '../../deploy/systemd');
const PAGE = resolve(__dirname, '../../docs/deployment.md');
const noSystemd = missingCommand('systemd-analyze');

const complaintsAbout = (unit: string) => {
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
  return [status, stderr];
};

describe('the units of systemd', () => {
  for (const unit of readdirSync(UNITS)) {
    itUnless(noSystemd, `${unit} says nothing that systemd does not know`, () => {
      expect(complaintsAbout(join(UNITS, unit))).toEqual([0, '']);
      return Promise.resolve();
    });
  }

  itUnless(noSystemd, 'take the lines that the page on deployment has for a SLURM cluster', () => {
    const [, lines = ''] = /^```ini\n(\[Unit\].*?)^```$/ms.exec(readFileSync(PAGE, 'utf8')) ?? [];
    expect(lines).toContain('ReadWritePaths=');
    const directory = mkdtempSync(join(tmpdir(), 'orchestrator-units-'));
    const unit = join(directory, 'job-orchestrator-server.service');
    cpSync(join(UNITS, 'job-orchestrator-server.service'), unit);
    mkdirSync(`${unit}.d`);
    const complaints = ['', 'Slip=1\n'].map((more) => {
      writeFileSync(join(`${unit}.d`, 'override.conf'), lines + more);
      return complaintsAbout(unit);
    });
    rmSync(directory, { recursive: true });
    expect(complaints).toEqual([
      [0, ''],
      [expect.anything(), expect.stringContaining('Slip')],
    ]);
    return Promise.resolve();
  });
});
