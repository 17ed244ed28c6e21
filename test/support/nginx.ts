import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually';
import { freePort } from './ports';

/** nginx is in /usr/sbin, which is not on everybody's PATH. */
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

/** Why no nginx can be started here. Debian has both as `nginx-light` and `openssl`. */
export function noNginx(): string | undefined {
  return [
    ['nginx', '-v'],
    ['openssl', 'version'],
  ]
    .filter(([name = '', ...args]) => spawnSync(name, args, { env: { PATH } }).status !== 0)
    .map(([name]) => `no ${name} on this machine`)[0];
}

/** An nginx with a file of deploy/nginx, in a directory of its own, with a certificate of its own. */
export class Nginx {
  private constructor(
    readonly directory: string,
    readonly port: number,
    private readonly child: ChildProcess,
  ) {}

  /**
   * @param file of deploy/nginx
   * @param listen the port that the file says
   * @param upstream what the file says of where the program is, and where it is
   */
  static async start(file: string, listen: number, upstream: readonly [string, string]): Promise<Nginx> {
    const directory = mkdtempSync(join(tmpdir(), 'orchestrator-nginx-'));
    const port = await freePort();
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', certificate, ...subject],
      { stdio: 'ignore' },
    );
    const password = execFileSync('openssl', ['passwd', '-apr1', 'secret'], { encoding: 'utf8' });
    writeFileSync(join(directory, 'job-portals'), `portal:${password}`);
    const text = readFileSync(join(__dirname, '../../deploy/nginx', file), 'utf8')
      .replaceAll(`listen ${listen} ssl`, `listen 127.0.0.1:${port} ssl`)
      .replaceAll(upstream[0], upstream[1])
      .replaceAll(/\/etc\/nginx\/tls\/\S+\.crt/g, certificate)
      .replaceAll(/\/etc\/nginx\/tls\/\S+\.key/g, key)
      .replaceAll('/etc/nginx/job-portals', join(directory, 'job-portals'));
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${directory}/${name};`,
    );
    const conf = join(directory, 'nginx.conf');
    writeFileSync(
      conf,
      `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; pid ${directory}/pid; error_log ${directory}/error.log;
events {} http { access_log off; ${paths.join(' ')}\n${text}\n}`,
    );
    const child = spawn('nginx', ['-p', directory, '-c', conf, '-e', join(directory, 'error.log')], {
      env: { PATH },
      stdio: 'ignore',
    });
    const nginx = new Nginx(directory, port, child);
    await eventually(() => readFileSync(join(directory, 'pid'), 'utf8') !== '');
    return nginx;
  }

  get certificate(): string {
    return join(this.directory, 'certificate.pem');
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      this.child.kill('SIGTERM');
      await once(this.child, 'exit');
    }
    rmSync(this.directory, { recursive: true });
  }
}
