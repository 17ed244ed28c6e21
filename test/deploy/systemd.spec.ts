import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const UNITS = resolve(__dirname, '../../deploy/systemd');
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

// Where systemd is missing these are skipped.
(hasSystemd ? describe : describe.skip)('the units of systemd', () => {
  it.each(readdirSync(UNITS))('%s says nothing that systemd does not know', (unit) => {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', join(UNITS, unit)], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });
});
