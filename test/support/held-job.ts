import { randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually';
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
  const begun = `${gate}.begun`;
  const id = await pair.submit(
    script(`echo half > out; : > ${begun}; until [ -e ${gate} ]; do sleep 0.05; done; echo whole > out`),
  );
  await pair.waitFor(id, 'Running');
  // A job is `Running` a moment before its script does anything.
  await eventually(() => existsSync(begun));
  return { id, release: () => writeFileSync(gate, '') };
}
