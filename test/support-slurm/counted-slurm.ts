import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Front } from '../support/front';
import { restAccess } from './cluster';
import type { Transport } from './slurm-server';

export type SlurmCall = 'list' | 'submit' | 'past' | 'cancel' | 'ping';

const COMMANDS: Readonly<Record<string, SlurmCall>> = {
  squeue: 'list',
  sbatch: 'submit',
  sacct: 'past',
  scancel: 'cancel',
  scontrol: 'ping',
};

const REQUESTS: readonly (readonly [RegExp, SlurmCall])[] = [
  [/^GET \/slurm\/v[\d.]+\/jobs$/, 'list'],
  [/^POST \/slurm\/v[\d.]+\/job\/submit$/, 'submit'],
  [/^GET \/slurmdb\//, 'past'],
  [/^DELETE \/slurm\//, 'cancel'],
  [/^GET \/slurm\/v[\d.]+\/ping$/, 'ping'],
];

/**
 * Stands before the real SLURM, whichever way a server reaches it, and notes when it is asked for what: wrappers of the
 * commands on the server's PATH, or a proxy before slurmrestd.
 */
export class CountedSlurm {
  private constructor(
    /** What a server that is to be counted gets: environment, and settings of its service. */
    readonly env: Record<string, string>,
    readonly settings: Record<string, string>,
    /** Each call so far: what for, and when (milliseconds since 1970). */
    readonly calls: () => { what: SlurmCall; at: number }[],
    readonly stop: () => Promise<void>,
  ) {}

  static async before(transport: Transport): Promise<CountedSlurm> {
    return transport === 'cli' ? CountedSlurm.beforeCommands() : CountedSlurm.beforeRest();
  }

  /** When it was asked for this, in order. */
  times(what: SlurmCall): number[] {
    return this.calls().flatMap((call) => (call.what === what ? [call.at] : []));
  }

  private static beforeCommands(): CountedSlurm {
    const directory = mkdtempSync(join(tmpdir(), 'orchestrator-counted-'));
    chmodSync(directory, 0o755);
    const log = join(directory, 'calls');
    writeFileSync(log, '', { mode: 0o666 });
    for (const name of Object.keys(COMMANDS)) {
      const text = `#!/bin/bash\necho "\${EPOCHREALTIME/[.,]/} ${name}" >> ${log}\nexec /usr/bin/${name} "$@"\n`;
      writeFileSync(join(directory, name), text, { mode: 0o755 });
    }
    const calls = () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .flatMap((line) => {
          const [microseconds, name] = line.split(' ');
          const what = COMMANDS[name ?? ''];
          return what === undefined ? [] : [{ what, at: Number(microseconds) / 1000 }];
        });
    const stop = () => {
      rmSync(directory, { recursive: true });
      return Promise.resolve();
    };
    return new CountedSlurm({ PATH: `${directory}:${process.env.PATH ?? ''}` }, {}, calls, stop);
  }

  private static async beforeRest(): Promise<CountedSlurm> {
    const front = await Front.start({ targetPort: Number(new URL(restAccess().url).port) });
    const calls = () =>
      front.seen.flatMap((line, index) => {
        const what = REQUESTS.find(([pattern]) => pattern.test(line))?.[1];
        return what === undefined ? [] : [{ what, at: front.seenAt[index] ?? NaN }];
      });
    const settings = { REST_URL: `http://127.0.0.1:${front.port}` };
    return new CountedSlurm({}, settings, calls, () => front.stop());
  }
}
