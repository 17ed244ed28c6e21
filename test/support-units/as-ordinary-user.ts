import { execFileSync } from 'node:child_process';

/** Permission bits mean nothing to root: the work is done as another user, who gets the tree below `base`. */
export async function asOrdinaryUser(base: string, work: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) {
    return work();
  }
  execFileSync('chown', ['-R', '65534', base]);
  process.seteuid?.(65534);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
  }
}
