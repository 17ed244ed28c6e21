import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allowedOptions } from './sbatch-options';
import { SLURM_STATES } from './slurm-state';

const page = readFileSync(join(__dirname, '../../../docs/backends/slurm.md'), 'utf8');

describe('docs/backends/slurm.md', () => {
  it('names the options of sbatch that may be given, by transport', () => {
    for (const transport of ['cli', 'rest'] as const) {
      const [, line = ''] = new RegExp(`^- with \`${transport}\` ([^;.]*(?:\\n[^;.]*)*)[;.]$`, 'm').exec(page) ?? [];
      const named = [...line.matchAll(/`--([a-z-]+)`/g)].map(([, name]) => name);
      expect([transport, named]).toEqual([transport, allowedOptions(transport)]);
    }
  });

  it('tells the text of each state in which a job can stay or end', () => {
    for (const [word, { kind, text }] of Object.entries(SLURM_STATES)) {
      if (kind === 'state') {
        expect(page).toContain(`\`${word}\``);
        expect(page).toContain(word === 'CANCELLED' ? 'cancelled in SLURM' : text);
      }
    }
  });
});
