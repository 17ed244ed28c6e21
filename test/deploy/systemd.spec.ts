import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { missingCommand } from '../support-jobs/conditions';

const UNITS = resolve(__dirname, '../../deploy/systemd');
const obstacle = missingCommand('systemd-analyze');
const describeUnless = obstacle === undefined ? describe : describe.skip;

describeUnless(`the units of systemd${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`, () => {
  it.each(readdirSync(UNITS))('%s says nothing that systemd does not know', (unit) => {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', join(UNITS, unit)], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });
});
