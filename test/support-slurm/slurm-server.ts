import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pair } from '../support/pair';
import type { ProgramOptions } from '../support/program';
import { restAccess } from './cluster';

export type Transport = 'cli' | 'rest';

export const TRANSPORTS: readonly Transport[] = ['cli', 'rest'];

/** One service, by its transport and its settings, which are named by the rest of their variables: `PARTITION`. */
export interface SlurmServiceOptions {
  transport: Transport;
  settings?: Record<string, string>;
}

export interface SlurmServerOptions extends SlurmServiceOptions {
  /** Further services beside `example`. */
  others?: Record<string, SlurmServiceOptions>;
  /** Further environment of the server. */
  env?: Record<string, string>;
  program?: ProgramOptions;
}

/** The service's variables for a transport, with its work directory and token file in `root`. */
export function slurmVariables(
  service: string,
  transport: Transport,
  root: string,
  settings: Record<string, string> = {},
): Record<string, string> {
  const prefix = `SERVICE_${service.toUpperCase()}_`;
  // Small, or the node has no room for many.
  const all: Record<string, string> = { TRANSPORT: transport, WORKDIR: join(root, 'work'), MEMORY: '8', ...settings };
  if (transport === 'rest') {
    const { url, user, token } = restAccess();
    const tokenFile = join(root, 'token');
    writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
    Object.assign(all, { REST_URL: url, REST_USER: user, TOKEN_FILE: tokenFile, ...settings });
  }
  return {
    [`${prefix}BACKEND`]: 'slurm',
    [`${prefix}MAX_RUNS`]: '300',
    [`${prefix}RUNS_PER_USER`]: '300',
    ...Object.fromEntries(Object.entries(all).map(([name, value]) => [`${prefix}SLURM_${name}`, value])),
  };
}

/** A server whose services run on SLURM; one of them is `example`. */
export class SlurmServer {
  private constructor(
    readonly pair: Pair,
    readonly root: string,
    private readonly variables: Record<string, string>,
  ) {}

  static async start({ others, env, program, ...example }: SlurmServerOptions): Promise<SlurmServer> {
    const root = mkdtempSync(join(tmpdir(), 'orchestrator-slurm-'));
    chmodSync(root, 0o755);
    mkdirSync(join(root, 'work'));
    if (program?.uid !== undefined) {
      chownSync(join(root, 'work'), program.uid, program.uid);
    }
    const variables = Object.entries({ example, ...others })
      .map(([name, { transport, settings }]) => slurmVariables(name, transport, root, settings))
      .reduce((all, each) => ({ ...all, ...each }), {});
    try {
      const server = { ...variables, ...env };
      const pair = await Pair.start({ services: {}, withClient: false, server, serverOptions: program ?? {} });
      return new SlurmServer(pair, root, variables);
    } catch (error) {
      rmSync(root, { recursive: true });
      throw error;
    }
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
