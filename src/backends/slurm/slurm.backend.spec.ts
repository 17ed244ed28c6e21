import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readServerConfig } from '../../config/server-config';
import { BackendUnavailableError } from '../backend.errors';
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

describe("a job's files", () => {
  const ref = encodeRef({ service: 'x', jobId: 7, key: 'key' });
  const { signal } = new AbortController();
  let workDir: string;
  let backend: SlurmBackend;
  beforeEach(() => {
    workDir = mkdtempSync(join(tmpdir(), 'slurm-backend-'));
    const variables = { SERVICE_X_BACKEND: 'slurm', SERVICE_X_SLURM_WORKDIR: workDir };
    backend = new SlurmBackend(readServerConfig(variables));
  });
  afterEach(() => rmSync(workDir, { recursive: true, force: true }));

  it('that the file system does not give now are asked for again: it is no fault of our code', async () => {
    rmSync(workDir, { recursive: true });
    writeFileSync(workDir, 'no directory');
    await expect(backend.fetch(ref, 'partial', signal)).rejects.toThrow(BackendUnavailableError);
  });

  it('stay when nobody waits for their removal any more', async () => {
    const job = join(workDir, 'key');
    mkdirSync(job);
    const gone = new Error('nobody waits');
    await expect(backend.release(ref, AbortSignal.abort(gone))).rejects.toBe(gone);
    // A removal that had begun would get further with each of them.
    for (let trip = 0; trip < 50; trip++) {
      await access(job);
    }
    await backend.release(ref, signal);
    expect(existsSync(job)).toBe(false);
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
      await expect(backend.release(ref, signal)).rejects.toThrow('ELOOP');
      expect(isInUse()).toBe(false);
    } finally {
      backend.onModuleDestroy();
      rmSync(root, { recursive: true });
    }
  });
});
