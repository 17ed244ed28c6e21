import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { Pair, type PairOptions } from '../support/pair';
import { processesOf } from '../support/processes';
import { Program, type ProgramOptions } from '../support/program';
import { TcpProxy } from './tcp-proxy';

/** A pair whose server reaches its executor through a proxy. */
export class ProxiedPair {
  constructor(
    readonly pair: Pair,
    readonly proxy: TcpProxy,
  ) {}

  async stop(): Promise<void> {
    await this.pair.stop().finally(() => this.proxy.cut());
  }
}

/** Starts a pair with a proxy between; the services of `options` get it as their base. */
export async function startProxied(options: PairOptions = {}): Promise<ProxiedPair> {
  const proxy = await TcpProxy.start();
  const services = options.services ?? { example: { maxRuns: 200, runsPerUser: 100 } };
  const routed = Object.entries(services).map(([name, service]) => [name, { base: proxy.url, ...service }] as const);
  const pair = await Pair.start({ ...options, services: Object.fromEntries(routed) });
  proxy.target = pair.clientPort;
  return new ProxiedPair(pair, proxy);
}

/** Starts the pair's client (again), with further environment and in another way than the pair would. */
export async function startClientWith(
  pair: Pair,
  env: Record<string, string>,
  options: ProgramOptions = {},
): Promise<void> {
  const home = join(pair.root, 'client');
  const own = { PORT: String(pair.clientPort), DB_PATH: join(home, 'db.sqlite'), DATA_PATH: pair.clientData };
  const files = { cwd: home, logFile: join(pair.root, 'client.log') };
  pair.client = await Program.start('client', { ...own, ...env }, { ...files, ...options });
}

/** Waits until a program has killed itself at its failpoint. */
export async function diesAtFailpoint(program: Program, timeoutMs = 20_000): Promise<void> {
  await eventually(() => !program.isRunning, { timeoutMs, lastSeen: () => 'it lives' });
  expect(program.ending).toBe('SIGKILL');
  await program.kill9(); // takes its scratch directory away
}

/**
 * SIGKILL to everything that belongs to the executor, as when its machine dies: the program and the processes of all its
 * jobs. All are stopped before the first is killed, else a supervisor could still record how its job ended.
 */
export async function killClientTree(pair: Pair): Promise<void> {
  await pair.client.kill9();
  const inClient = () => processesOf(pair.clientData);
  await eventually(() => {
    const found = inClient();
    found.forEach(({ pid }) => signalIfThere(pid, 'SIGSTOP'));
    if (inClient().some(({ pid }) => !found.some((known) => known.pid === pid))) {
      return false;
    }
    found.forEach(({ pid }) => signalIfThere(pid, 'SIGKILL'));
    return inClient().length === 0;
  });
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended meanwhile
  }
}
