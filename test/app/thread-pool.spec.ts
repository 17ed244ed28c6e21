import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../support/program';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'thread-pool-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Of a server that has started, and used its database. */
async function threadsOf(variables: Record<string, string>): Promise<number> {
  const data = mkdtempSync(join(root, 'data-'));
  const env = { DB_PATH: join(data, 'db.sqlite'), DATA_PATH: join(data, 'jobs'), ...variables };
  const server = await Program.start('server', env);
  try {
    return readdirSync(`/proc/${server.pid}/task`).length;
  } finally {
    await server.stop();
  }
}

it('a server has more threads for SLURM, whose work directory may hang, and no more without it', async () => {
  const token = join(root, 'token');
  writeFileSync(token, 'some.opaque.token');
  const slurm = {
    SERVICE_X_BACKEND: 'slurm',
    SERVICE_X_SLURM_TRANSPORT: 'rest',
    SERVICE_X_SLURM_WORKDIR: root,
    // Nobody listens there: no reason not to start.
    SERVICE_X_SLURM_REST_URL: 'http://127.0.0.1:9',
    SERVICE_X_SLURM_REST_USER: 'portal',
    SERVICE_X_SLURM_TOKEN_FILE: token,
  };
  const plain = await threadsOf({});
  expect(await threadsOf(slurm)).toBe(plain + 16);
  expect(await threadsOf({ ...slurm, UV_THREADPOOL_SIZE: '4' })).toBe(plain);
});
