import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readServerConfig } from '../../config/server-config';
import type { Backend } from '../backend';
import { encodeRef } from './slurm-ref';
import type { SlurmSite } from './slurm-site';
import { SlurmBackend } from './slurm.backend';

/** How many clusters the services are on: those on one share what is asked of it, and how often it is asked. */
function clustersOf(settings: readonly Record<string, string>[]): number {
  const variables = settings.flatMap((each, index) =>
    Object.entries({ BACKEND: 'slurm', SLURM_WORKDIR: '/work', ...each }).map(
      ([name, value]) => [`SERVICE_S${index}_${name}`, value] as const,
    ),
  );
  const backend = new SlurmBackend(readServerConfig(Object.fromEntries(variables)));
  return backend.clusters.size;
}

const REST = {
  SLURM_TRANSPORT: 'rest',
  SLURM_REST_URL: 'http://portal:one@host:6820',
  SLURM_REST_USER: 'portal',
  SLURM_TOKEN_FILE: '/token',
};

describe('services on SLURM', () => {
  it('share a cluster that they reach in the same way, with the same rights', () => {
    expect(clustersOf([{}, { SLURM_PARTITION: 'x' }])).toBe(1);
    expect(clustersOf([REST, { ...REST, SLURM_PARTITION: 'x' }])).toBe(1);
    expect(clustersOf([{}, REST])).toBe(2);
  });

  it.each([
    { SLURM_TOKEN_FILE: '/other' },
    { SLURM_REST_USER: 'other' },
    { SLURM_REST_URL: 'http://portal:two@host:6820' },
    { SLURM_REST_URL: 'http://portal:one@host:6821' },
  ])('share none when one of them has %j', (other) => {
    expect(clustersOf([REST, { ...REST, ...other }])).toBe(2);
  });
});

describe('a job on SLURM that is released', () => {
  it('is left to the sweep for orphans, also when its directory could not be removed', async () => {
    const root = mkdtempSync(join(tmpdir(), 'slurm-backend-'));
    const workDir = join(root, 'work');
    mkdirSync(workDir);
    const backend = new SlurmBackend(
      readServerConfig({ SERVICE_X_BACKEND: 'slurm', SERVICE_X_SLURM_WORKDIR: workDir }),
    );
    try {
      const ref = encodeRef({ service: 'x', jobId: null, key: 'keyA' });
      const { signal } = new AbortController();
      await backend.poll([ref], signal);
      const { sites } = backend as unknown as { sites: ReadonlyMap<string, SlurmSite> };
      const isInUse = () => sites.get('x')?.reporter.isInUse('keyA');
      expect(isInUse()).toBe(true);
      rmSync(workDir, { recursive: true });
      symlinkSync(workDir, workDir);
      await expect((backend as Backend).release(ref, signal)).rejects.toThrow('ELOOP');
      expect(isInUse()).toBe(false);
    } finally {
      backend.onModuleDestroy();
      rmSync(root, { recursive: true });
    }
  });
});
