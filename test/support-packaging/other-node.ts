import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../src/common/errors';

/** A Node to run things with: put `bin` first in PATH. */
export interface NodeRelease {
  readonly name: string;
  readonly bin: string;
}

export const THIS_NODE: NodeRelease = { name: process.versions.node, bin: join(process.execPath, '..') };

/** Of the two that we promise to run on, the one that does not run the tests. */
const OTHER_MAJOR = Number(process.versions.node.split('.')[0]) >= 24 ? '20' : '24';

/** Fetches the other Node, which npm has as a package; the reason where it can't be had. */
export function otherNode(): NodeRelease | string {
  const directory = mkdtempSync(join(tmpdir(), 'orchestrator-node-'));
  const name = `node-linux-${process.arch}`;
  try {
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', directory, `${name}@${OTHER_MAJOR}`], {
      stdio: 'pipe',
      timeout: 120_000,
    });
    const bin = join(directory, 'node_modules', name, 'bin');
    const version = execFileSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' }).trim().slice(1);
    return { name: version, bin };
  } catch (error) {
    return `Node ${OTHER_MAJOR} could not be installed: ${messageOf(error).split('\n')[0] ?? ''}`;
  }
}
