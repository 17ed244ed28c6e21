import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pair } from './pair';
import { script } from './script';

/** A job that runs until it is let go: its file `out` says `half` meanwhile, and `whole` then. */
export interface HeldJob {
  readonly id: number;
  readonly release: () => void;
}

/** Starts a {@link HeldJob}, and waits until it runs. */
export async function heldJob(pair: Pair): Promise<HeldJob> {
  const gate = join(pair.shared, `gate-${randomUUID()}`);
  const id = await pair.submit(script(`echo half > out; until [ -e ${gate} ]; do sleep 0.05; done; echo whole > out`));
  await pair.waitFor(id, 'Running');
  return { id, release: () => writeFileSync(gate, '') };
}
