/**
 * What crashes, full disks and lost releases leave in WORKDIR. Several services and servers may share it, and other things
 * may stand there: only names of our own form are touched, job directories only of the service itself, and nothing that is
 * young.
 */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../../common/errors';
import type { Stuck } from '../../common/orphan-directories';
import type { RemoteCalls } from '../../common/remote-calls';
import { removeTree } from '../../common/remove-tree';
import { STDERR_NAME, STDOUT_NAME } from '../../wire/protocol';
import { UNFINISHED } from './durable-text';
import { readJobFiles } from './job-file-reader';
import { pathsOf, stagingNameOf, TOMBSTONES } from './job-paths';
import { callsOn } from './work-directory-calls';

const DAY_MS = 24 * 3_600_000;
/** Uploads are copied within minutes; another server may be at it. */
const STAGING_AGE_MS = DAY_MS;
/** Beyond any wait in SLURM's queue of a job whose termination was confirmed. */
const TOMBSTONE_AGE_MS = 30 * DAY_MS;
/** At least, whatever MAX_AGE is: nobody but the job's own server can say for certain that it needs it no more. */
const ORPHAN_AGE_MS = 30 * DAY_MS;

/** Keys as the server makes them, with the number of a further attempt. */
const KEY = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:.[0-9]+)?'.replaceAll('.', '\\.');
const JOB = new RegExp(`^${KEY}$`);
const [BEFORE = '', BEHIND = ''] = stagingNameOf('|').replaceAll('.', '\\.').split('|');
const STAGING = new RegExp(`^${BEFORE}${KEY}${BEHIND}$`);

/** Removes jobs' directories that were never finished, and marks of terminations that nobody can need any more. */
export async function sweepLeftovers(workDir: string, now = Date.now()): Promise<Stuck[]> {
  const calls = callsOn(workDir);
  const staging = (await list(workDir, calls)).filter((name) => STAGING.test(name)).map((name) => join(workDir, name));
  const removed = await removeOlder(staging, now - STAGING_AGE_MS, calls, (path) => [path, join(path, 'work')]);
  const tombstones = join(workDir, TOMBSTONES);
  const names = await list(tombstones, calls);
  const unfinished = names.filter((name) => UNFINISHED.test(name)).map((name) => join(tombstones, name));
  const here = new Set(await list(workDir, calls));
  const old = names.filter((name) => JOB.test(name) && !here.has(name)).map((name) => join(tombstones, name));
  return [
    ...removed,
    ...(await removeOlder(unfinished, now - STAGING_AGE_MS, calls)),
    ...(await removeOlder(old, now - TOMBSTONE_AGE_MS, calls)),
  ];
}

/** Whose orphans are looked for. */
export interface OrphanSearch {
  readonly workDir: string;
  readonly service: string;
  /** How long the service keeps its jobs' files. */
  readonly maxAgeMs: number;
  /** SLURM has a job of this key that is not over, or somebody has asked for it. */
  readonly isInUse: (key: string) => boolean;
}

/**
 * Removes directories of jobs that nobody uses and in which nothing has happened for as long as the files of jobs are kept,
 * and at least a month: an older database put back, or a server that was off, finds its jobs till then.
 */
export async function sweepOrphans(search: OrphanSearch, now = Date.now()): Promise<Stuck[]> {
  const { workDir, service, maxAgeMs, isInUse } = search;
  const calls = callsOn(workDir);
  const orphans: string[] = [];
  for (const key of (await list(workDir, calls)).filter((name) => JOB.test(name) && !isInUse(name))) {
    const paths = pathsOf(workDir, key);
    const marks = await readJobFiles(paths, 'root', { service: 'start' });
    if (marks.service === `${service}\n`) {
      orphans.push(paths.root);
    }
  }
  return removeOlder(orphans, now - Math.max(maxAgeMs, ORPHAN_AGE_MS), calls, (root) => [
    root,
    ...['run', 'work', 'home', 'tmp'].map((name) => join(root, name)),
    ...[STDOUT_NAME, STDERR_NAME].map((name) => join(root, 'work', name)),
  ]);
}

/** @param signsOf where a change shows that somebody was at it */
async function removeOlder(
  paths: readonly string[],
  before: number,
  calls: RemoteCalls,
  signsOf = (path: string): readonly string[] => [path],
): Promise<Stuck[]> {
  const stuck: Stuck[] = [];
  for (const path of paths) {
    try {
      const changes = await Promise.all(signsOf(path).map((sign) => changedAt(sign, calls)));
      if (Math.max(...changes) < before) {
        await removeTree(path, calls);
      }
    } catch (error) {
      stuck.push({ path, error });
    }
  }
  return stuck;
}

/** Milliseconds since 1970; long ago when there is no such thing. */
async function changedAt(path: string, calls: RemoteCalls): Promise<number> {
  try {
    return (await calls.pooled(() => lstat(path))).mtimeMs;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') {
      return -Infinity;
    }
    throw error;
  }
}

async function list(directory: string, calls: RemoteCalls): Promise<string[]> {
  try {
    return await calls.pooled(() => readdir(directory));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      return [];
    }
    throw error;
  }
}
