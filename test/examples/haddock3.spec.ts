import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { checkScript } from '../../src/workload/script-filter/script-filter';
import { runCli } from '../support/cli';
import { Pair } from '../support/pair';
import { itUnless } from '../support-jobs/conditions';
import { ended } from '../support-jobs/endings';

const EXAMPLES = resolve(__dirname, '../../examples');
const read = (path: string): string => readFileSync(join(EXAMPLES, path), 'utf8');
const hasHaddock = spawnSync('haddock3', ['--version']).status === 0;

/** The job that the example's README puts together. */
const job = (): Record<string, string> => ({
  'run.sh': read('haddock3/run.sh'),
  'docking.cfg': read('haddock3/docking.cfg'),
  'interface.tbl': read('haddock3/interface.tbl'),
  '2oob_uba.pdb': read('contacts/2oob_uba.pdb'),
  '2oob_ubiquitin.pdb': read('contacts/2oob_ubiquitin.pdb'),
  '2oob.pdb': read('contacts/2oob_uba.pdb') + read('contacts/2oob_ubiquitin.pdb'),
});

/** Stands for haddock3 where the promise is about run.sh alone: says what it was given, and fails as told. */
const STAND_IN = `#!/bin/bash
echo "workflow $1"; mkdir "\${1%.cfg}" || exit 1; cat "$1" > "\${1%.cfg}/seen"
case "$1" in *bad*) echo 'no such molecule' ; exit 3 ;; esac
`;

describe('the HADDOCK3 service', () => {
  let pair: Pair;
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'orchestrator-haddock-'));
    mkdirSync(join(directory, 'bin'));
    writeFileSync(join(directory, 'bin', 'haddock3'), STAND_IN);
    chmodSync(join(directory, 'bin', 'haddock3'), 0o755);
    const path = hasHaddock ? '' : join(directory, 'bin') + delimiter;
    pair = await Pair.start({ services: { haddock3: {} }, client: { PATH: path + (process.env.PATH ?? '') } });
  });
  afterAll(async () => {
    await pair.stop();
    rmSync(directory, { recursive: true });
  });

  it('has a script that the filter lets pass, and restraints and molecules that its workflow names', () => {
    const files = job();
    expect(checkScript(Buffer.from(files['run.sh'] ?? ''), { enabled: true, allow: [] })).toBeNull();
    const named = [...(files['docking.cfg'] ?? '').matchAll(/"([\w.]+\.(?:pdb|tbl))"/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(3);
    expect(Object.keys(files)).toEqual(expect.arrayContaining(named));
  });

  it.each(['server', 'executor'])('has a %s.env without faults', async (which) => {
    const secret = '0123456789abcdef0123456789abcdef';
    const site = join(directory, which);
    mkdirSync(site);
    writeFileSync(join(site, '.env'), read(`haddock3/${which}.env`).replace('EXECUTOR_TOKEN=', `$&${secret}`));
    const args = which === 'executor' ? ['check', '--client'] : ['check'];
    const { stdout } = await runCli(args, { cwd: site });
    expect(stdout).toMatch(/^ok +configuration/m);
    expect(stdout).not.toMatch(/^(warning|FAULT) +configuration/m);
  });

  const standIn = hasHaddock ? 'haddock3 is on this machine' : undefined;
  itUnless(
    standIn,
    'runs each workflow in the order of names, until one fails, and says why where people look',
    async () => {
      const cfg = { 'a.cfg': 'a', 'b-bad.cfg': 'b', 'c.cfg': 'c' };
      const id = await pair.submit({ 'run.sh': read('haddock3/run.sh'), ...cfg });
      expect(await ended(pair, id)).toMatchObject({ status: 'Failed', message: 'exit code 3' });
      const files = await pair.partial(id);
      expect(files.text('.orchestrator.stderr')).toMatch(/b-bad\.cfg failed, exit code 3.*no such molecule/s);
      expect([files.has('a/seen'), files.has('c/seen')]).toEqual([true, false]);
      const empty = await pair.submit({ 'run.sh': read('haddock3/run.sh') });
      expect(await ended(pair, empty)).toMatchObject({ status: 'Failed', message: 'exit code 2' });
    },
  );

  itUnless(
    hasHaddock ? undefined : "no haddock3 on the PATH, which the example's README installs",
    'docks ubiquitin to within a good model of the crystal',
    async () => {
      const files = await pair.result(await pair.submit(job()), 300_000);
      const table = files.names().find((name) => name.endsWith('capri_ss.tsv') && !name.includes('analysis')) ?? '';
      const [head = [], ...rows] = files
        .text(table)
        .trimEnd()
        .split('\n')
        .map((line) => line.split('\t'));
      const dockq = rows.map((row) => Number(row[head.indexOf('dockq')]));
      expect(dockq.length).toBe(2);
      expect(Math.min(...dockq)).toBeGreaterThan(0.49);
    },
    400_000,
  );
});
