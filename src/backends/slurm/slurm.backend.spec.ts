import { readServerConfig } from '../../config/server-config';
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
