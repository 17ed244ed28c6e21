import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from '../support/http';
import { Pair } from '../support/pair';
import { freePort } from '../support/ports';
import { script } from '../support/script';

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);
const itWithIpv6 = hasIpv6 ? it : it.skip;
const why = hasIpv6 ? '' : ' (skipped: this machine has no ::1)';

/** Runs a program in a mount namespace of its own, in which `file` is its /etc/hosts. */
const withHosts = (file: string) => ['unshare', '-m', 'sh', '-c', `mount --bind ${file} /etc/hosts && exec "$@"`, 'sh'];
const hasTwoNames = hasIpv6 && spawnSync('unshare', ['-m', 'mount', '--bind', '/etc/hosts', '/etc/hosts']).status === 0;

describe('case 77: addresses of both families', () => {
  /** Runs one job on an executor that listens on `host` and is reached at `base`. */
  async function runsJob(host: string, base: (port: number) => string, wrapper: string[] = []): Promise<void> {
    const port = await freePort();
    const pair = await Pair.start({
      services: { example: { base: base(port) } },
      client: { HOST: host, PORT: String(port) },
      serverOptions: { wrapper },
    });
    try {
      const zip = await pair.result(await pair.submit(script('echo 1 > out')));
      expect(zip.text('out')).toBe('1\n');
      const id = await pair.submit(script('sleep 60'));
      await pair.waitFor(id, 'Running');
      await pair.partial(id);
      expect((await pair.terminate(id)).status).toBe(200);
    } finally {
      await pair.stop();
    }
  }

  it('case 77: localhost reaches an executor on IPv4 only', async () => {
    await runsJob('127.0.0.1', (port) => `http://localhost:${port}`);
  });

  // Of both addresses: the one that nobody listens on comes first.
  it.each(
    hasTwoNames
      ? [
          ['IPv4', '127.0.0.1', '::1 localhost\n127.0.0.1 localhost\n'],
          ['IPv6', '::1', '127.0.0.1 localhost\n::1 localhost\n'],
        ]
      : [],
  )('case 77: localhost of two addresses reaches an executor on %s only', async (_, host, hosts) => {
    const directory = mkdtempSync(join(tmpdir(), 'orchestrator-hosts-'));
    const file = join(directory, 'hosts');
    writeFileSync(file, hosts);
    try {
      await runsJob(host, (port) => `http://localhost:${port}`, withHosts(file));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
  if (!hasTwoNames) {
    it.skip('case 77: localhost of two addresses (skipped: needs ::1 and, as root, a mount namespace)', () =>
      undefined);
  }

  itWithIpv6(`case 77: [::1] reaches an executor on IPv6 only${why}`, async () => {
    await runsJob('::1', (port) => `http://[::1]:${port}`);
  });

  itWithIpv6(`case 77: a server on :: is reached at 127.0.0.1 and at [::1]${why}`, async () => {
    const pair = await Pair.start({ server: { HOST: '::' } });
    try {
      for (const host of ['127.0.0.1', '[::1]']) {
        expect((await request(`http://${host}:${pair.server.port}/`)).json()).toEqual({ message: 'pong' });
      }
      await pair.result(await pair.submit(script('true')));
    } finally {
      await pair.stop();
    }
  });
});
