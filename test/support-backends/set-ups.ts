import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackendHost } from '../../src/backends/backend-host';
import type { BackendUnderTest, OpenBackend } from '../backends/conformance';
import { Executor } from '../support/executor';
import { serviceVariables } from '../support/pair';
import { startSlurm } from '../support-slurm/cluster';
import { slurmVariables, type Transport } from '../support-slurm/slurm-server';
import { OriginalFront } from './original-front';

const SERVICE = 'example';

async function open(env: Record<string, string>): Promise<OpenBackend> {
  const host = await BackendHost.open(env);
  return { backend: host.backend(SERVICE), close: () => host.close() };
}

/** Our own executor, the real program. */
export async function nativeSetUp(): Promise<BackendUnderTest> {
  const executor = await Executor.start({ KILL_GRACE: '1' });
  const env = serviceVariables({ [SERVICE]: {} }, executor.program.port);
  const data = join(executor.home, 'data');
  return {
    service: SERVICE,
    open: () => open(env),
    strangerRef: `n1:${SERVICE}:987654321`,
    held: () => Promise.resolve(existsSync(data) ? readdirSync(data) : []),
    tearDown: () => executor.stop(),
  };
}

/** An executor that speaks the original contract only. It frees jobs by its own retention. */
export async function originalSetUp(): Promise<BackendUnderTest> {
  const executor = await Executor.start({ KILL_GRACE: '1' });
  const front = await OriginalFront.start(executor.program.port);
  const env = serviceVariables({ [SERVICE]: { base: front.url } }, 0);
  return {
    service: SERVICE,
    open: () => open(env),
    strangerRef: `n1:${SERVICE}:987654321`,
    held: null,
    tearDown: async () => {
      await front.stop();
      await executor.stop();
    },
  };
}

/** A real cluster. */
export function slurmSetUp(transport: Transport): () => Promise<BackendUnderTest> {
  return () => {
    startSlurm();
    const root = mkdtempSync(join(tmpdir(), 'orchestrator-slurm-'));
    chmodSync(root, 0o755);
    const work = join(root, 'work');
    mkdirSync(work);
    const env = slurmVariables(SERVICE.toUpperCase(), transport, root);
    return Promise.resolve({
      service: SERVICE,
      open: () => open(env),
      strangerRef: `slurm:1:${SERVICE}:987654321:00000000-0000-4000-8000-000000000000`,
      held: () => Promise.resolve(readdirSync(work).filter((name) => name !== '.terminated')),
      // KillWait is half a minute, and SLURM looks in its own time.
      patienceMs: 120_000,
      tearDown: () => {
        rmSync(root, { recursive: true, force: true });
        return Promise.resolve();
      },
    });
  };
}
