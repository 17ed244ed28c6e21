import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allowedOptions } from './sbatch-options';
import { SLURM_VARIABLES } from './slurm.config';
import { SLURM_STATES } from './slurm-state';

const PREFIX = 'SERVICE_<NAME>_SLURM_';
const page = readFileSync(join(__dirname, '../../../docs/backends/slurm.md'), 'utf8');

/** The rows of the table of variables: name, default, limits. */
const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| ([^|]*) \| ([^|]*) \|/gm)]
  .map(([, name = '', fallback = '', limits = '']) => ({ name, fallback, limits }))
  .filter(({ name }) => !Object.hasOwn(SLURM_STATES, name));

describe('docs/backends/slurm.md', () => {
  it('has a row for each variable, and for no other, with its default and limits', () => {
    const variables = Object.values(SLURM_VARIABLES);
    expect(rows.map(({ name }) => PREFIX + name)).toEqual(variables.map(({ name }) => name));
    for (const [index, variable] of variables.entries()) {
      const { fallback, limits } = rows[index]!;
      if (variable.default !== null) {
        expect([variable.name, fallback.replaceAll('`', '')]).toEqual([variable.name, variable.default]);
      }
      if (variable.kind === 'integer') {
        expect([variable.name, limits]).toEqual([
          variable.name,
          `${variable.unit ?? ''}, ${variable.min} to ${variable.max}`,
        ]);
      }
    }
  });

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
