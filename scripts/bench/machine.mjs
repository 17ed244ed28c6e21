// The machine beside the figures: without it they say nothing.

import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { median } from './stats.mjs';

const FSYNCS = 200;
const FSYNC_BYTES = 4096;
const BUSY_LOOK_MS = 1_000;
/** Above these, somebody else is at work. */
const QUIET = { busyShare: 0.1, load: 0.5 };

/** @param options.node the Node that runs the programs */
export async function describeMachine({ root, directory, node, signal }) {
  const load = loadavg()[0];
  const busyShare = await busy(signal);
  return {
    cpu: cpuModel(),
    cores: cpus().length,
    memoryGb: totalmem() / 1e9,
    kernel: release(),
    node: execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim(),
    loadNode: process.versions.node,
    commit: commitOf(root),
    directory,
    fileSystem: fileSystemOf(directory),
    fsyncMs: fsyncMs(directory),
    load,
    busyShare,
    isQuiet: load <= QUIET.load && busyShare <= QUIET.busyShare,
  };
}

/** Median ms of writing 4 KiB to a file and syncing it. */
export function fsyncMs(directory) {
  const path = join(directory, 'fsync');
  const file = openSync(path, 'w');
  const block = Buffer.alloc(FSYNC_BYTES, 1);
  const values = [];
  for (let count = 0; count < FSYNCS; count++) {
    const beganAt = performance.now();
    writeSync(file, block);
    fsyncSync(file);
    values.push(performance.now() - beganAt);
  }
  closeSync(file);
  rmSync(path);
  return median(values);
}

/** Share of all cores' time that was spent on anything, over a second. */
async function busy(signal) {
  const before = read();
  await delay(BUSY_LOOK_MS, undefined, { signal });
  const after = read();
  return (after.used - before.used) / Math.max(1, after.all - before.all);

  function read() {
    // user nice system idle iowait irq softirq steal
    const fields = readFileSync('/proc/stat', 'latin1').split('\n')[0].trim().split(/\s+/).slice(1, 9).map(Number);
    const all = fields.reduce((sum, field) => sum + field, 0);
    return { all, used: all - fields[3] - fields[4] };
  }
}

function cpuModel() {
  const model = cpus()[0]?.model.trim() ?? '';
  if (/[a-z]/i.test(model)) return model;
  // A virtual machine may hide the name; family and vendor are still there.
  const info = readFileSync('/proc/cpuinfo', 'latin1');
  const field = (name) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(info)?.[1] ?? '?';
  return `${field('vendor_id')} family ${field('cpu family')} model ${field('model')}`;
}

/** The type of the mount that a directory is on. */
function fileSystemOf(directory) {
  const path = `${resolve(directory)}/`;
  let best = { mount: '', type: 'unknown' };
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n')) {
    const mount = line.split(' ')[4];
    const isAbove = path.startsWith(mount === '/' ? '/' : `${mount}/`);
    if (isAbove && mount.length >= best.mount.length) best = { mount, type: line.split(' - ')[1].split(' ')[0] };
  }
  return best.type;
}

function commitOf(root) {
  try {
    const git = (...args) => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '-uno') ? ' with changes' : '');
  } catch {
    return null; // no checkout
  }
}
