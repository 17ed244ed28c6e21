import { widenThreadPool } from './thread-pool';

/** What the pool is set to, with services on these work directories. */
function sizeFor(workDirs: readonly string[], env: NodeJS.ProcessEnv = {}): string | undefined {
  const variables = workDirs.flatMap((path, index) => [
    [`SERVICE_S${index}_BACKEND`, 'slurm'],
    [`SERVICE_S${index}_SLURM_WORKDIR`, path],
  ]);
  const all: NodeJS.ProcessEnv = { ...env, ...(Object.fromEntries(variables) as NodeJS.ProcessEnv) };
  widenThreadPool(all);
  return all.UV_THREADPOOL_SIZE;
}

describe('the thread pool', () => {
  it('stays as it is without a service on SLURM, and where the operator has set it', () => {
    expect(sizeFor([])).toBeUndefined();
    expect(sizeFor([], { SERVICE_X_BACKEND: 'native', SERVICE_X_SLURM_WORKDIR: '/a' })).toBeUndefined();
    expect(sizeFor(['/a'], { UV_THREADPOOL_SIZE: '8' })).toBe('8');
  });

  it('has threads for each work directory, and four for all else', () => {
    expect(sizeFor(['/a'])).toBe('20');
    expect(sizeFor(['/a', '/b', '/a/', '/b'])).toBe('36');
    expect(sizeFor(Array.from({ length: 100 }, (_, index) => `/a${index}`))).toBe('1024');
  });
});
