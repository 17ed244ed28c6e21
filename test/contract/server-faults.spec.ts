import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from 'sqlite3';
import { expectRefusal } from '../support/answers';
import { Pair } from '../support/pair';
import { script } from '../support/script';

const MIB = 1024 * 1024;

describe('faults of the machine', () => {
  it('an upload that the database has no time for is 503, leaves nothing, and the next one is taken', async () => {
    const pair = await Pair.start();
    const lock = new Database(join(pair.root, 'server', 'db.sqlite'));
    const exec = (sql: string) =>
      new Promise<void>((resolve, reject) => lock.exec(sql, (error) => (error ? reject(error) : resolve())));
    try {
      await pair.result(await pair.submit(script('true')));
      const before = pair.serverEntries();
      await exec('PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE');
      expectRefusal(await pair.upload({ 'run.sh': script('true') }), 503, /busy/);
      await exec('ROLLBACK');
      expect(pair.serverEntries()).toEqual(before);
      await pair.result(await pair.submit(script('true')));
    } finally {
      await new Promise<void>((resolve) => lock.close(() => resolve()));
      await pair.stop();
    }
  });

  const canMount = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
  const itOnTmpfs = canMount ? it : it.skip;
  itOnTmpfs(
    `an upload that the disk has no room for is 507, leaves nothing, and a smaller one is taken${canMount ? '' : ' (skipped: needs root and a mount namespace)'}`,
    async () => {
      const data = mkdtempSync(join(tmpdir(), 'orchestrator-small-disk-'));
      const mount = `mount -t tmpfs -o size=16m none ${data} && exec "$@"`;
      const pair = await Pair.start({
        server: { DATA_PATH: data },
        serverOptions: { wrapper: ['unshare', '-m', 'sh', '-c', mount, 'sh'] },
      });
      try {
        const entries = () => readdirSync(`/proc/${pair.server.pid}/root${data}`);
        const before = entries();
        expectRefusal(await pair.upload({ 'run.sh': script('true'), big: Buffer.alloc(24 * MIB) }), 507, /disk/);
        expect(entries()).toEqual(before);
        const zip = await pair.result(
          await pair.submit({ 'run.sh': script('true'), 'small.dat': Buffer.alloc(2 * MIB) }),
        );
        expect(zip.size('small.dat')).toBe(2 * MIB);
      } finally {
        await pair.stop();
        rmSync(data, { recursive: true, force: true });
      }
    },
  );
});
