import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pair } from '../support/pair';
import { restAccess } from './cluster';

export type Transport = 'cli' | 'rest';

export interface SlurmServerOptions {
  transport: Transport;
  /** Settings of the service, by the rest of the name: `PARTITION`. */
  settings?: Record<string, string>;
  /** Further environment of the server. */
  env?: Record<string, string>;
}

/** The service's variables for a transport, with its work directory and token file in `root`. */
export function slurmVariables(
  service: string,
  transport: Transport,
  root: string,
  settings: Record<string, string> = {},
): Record<string, string> {
  const prefix = `SERVICE_${service}_SLURM_`;
  // Small, or the node has no room for many.
  const all: Record<string, string> = { TRANSPORT: transport, WORKDIR: join(root, 'work'), MEMORY: '8', ...settings };
  if (transport === 'rest') {
    const { url, user, token } = restAccess();
    const tokenFile = join(root, 'token');
    writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
    Object.assign(all, { REST_URL: url, REST_USER: user, TOKEN_FILE: tokenFile, ...settings });
  }
  return {
    [`SERVICE_${service}_BACKEND`]: 'slurm',
    ...Object.fromEntries(Object.entries(all).map(([name, value]) => [prefix + name, value])),
  };
}

/** A server whose service `example` runs on SLURM. */
export class SlurmServer {
  private constructor(
    readonly pair: Pair,
    readonly root: string,
    private readonly variables: Record<string, string>,
  ) {}

  static async start({ transport, settings, env }: SlurmServerOptions): Promise<SlurmServer> {
    const root = mkdtempSync(join(tmpdir(), 'orchestrator-slurm-'));
    chmodSync(root, 0o755);
    const work = join(root, 'work');
    mkdirSync(work);
    const limits = { SERVICE_EXAMPLE_MAX_RUNS: '300', SERVICE_EXAMPLE_RUNS_PER_USER: '300' };
    const variables = { ...limits, ...slurmVariables('EXAMPLE', transport, root, settings) };
    const pair = await Pair.start({ services: {}, withClient: false, server: { ...variables, ...env } });
    return new SlurmServer(pair, root, variables);
  }

  /** Starts the server again, without the further environment of the first start. */
  async restart(): Promise<void> {
    await this.pair.restartServer({ server: this.variables });
  }

  /** Names in the work directory, but for the tombstones. */
  jobDirectories(): string[] {
    return readdirSync(join(this.root, 'work')).filter((name) => name !== '.terminated');
  }

  async stop(): Promise<void> {
    await this.pair.stop();
    rmSync(this.root, { recursive: true, force: true });
  }
}
