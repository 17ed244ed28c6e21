// What /proc tells of a program from outside: processor time of its tree of processes, memory.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const SAMPLE_EVERY_MS = 20;
/** Children are looked for in every so many samples. */
const CHILDREN_EVERY = 5;
/** The kernel counts in KiB. */
const MB_PER_KIB = 1.024 / 1000;

/**
 * Processor ms of a process and of all that descend from it, those that have ended and were waited for included: user
 * and system time, own and of children. What was orphaned to another parent is lost to it.
 */
export function cpuMs(pid) {
  return treeOf(pid).reduce((sum, { ticks }) => sum + ticks, 0) * (1000 / TICKS_PER_SECOND);
}

/**
 * Processor ms of the live threads of the tree by the scheduler's own clock (ns), for what is too little for ticks.
 * Falls back to ticks where the kernel keeps no such clock.
 */
export function fineCpuMs(pid) {
  try {
    return treeOf(pid)
      .flatMap((each) => readdirSync(`/proc/${each.pid}/task`).map((thread) => `/proc/${each.pid}/task/${thread}`))
      .reduce((sum, path) => sum + Number(readFileSync(`${path}/schedstat`, 'latin1').split(' ')[0]) / 1e6, 0);
  } catch {
    return cpuMs(pid);
  }
}

/** Resident MB (10^6 bytes) of one process now. */
export function residentMb(pid) {
  return statusKb(pid, 'VmRSS') * MB_PER_KIB;
}

/**
 * Watches the memory of a program from now on. `stop()` returns by how many MB it rose above `idleMb`: by the kernel's
 * own mark of the highest, where it may be reset, and by samples. Processes of jobs don't count; children that run the
 * program's own file do.
 */
export function watchMemory(pid, idleMb) {
  const hasMark = resetMark(pid);
  let peak = idleMb;
  let samples = 0;
  let others = [];
  const timer = setInterval(() => {
    // A child counts from the second look on: at a start, every process is a copy of its parent for a moment.
    if (samples++ % CHILDREN_EVERY === 0) others = sameFile(pid, others);
    const more = others.reduce((sum, each) => sum + (each.looks > 1 ? residentMb(each.pid) : 0), 0);
    peak = Math.max(peak, residentMb(pid) + more);
  }, SAMPLE_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      if (hasMark) peak = Math.max(peak, statusKb(pid, 'VmHWM') * MB_PER_KIB);
      return Math.max(0, peak - idleMb);
    },
  };
}

/** The tree of processes under `pid`, itself first: `{ pid, parent, ticks }`. */
function treeOf(root) {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(readStat)
    .filter((entry) => entry !== null);
  const found = all.filter(({ pid }) => pid === root);
  for (let index = 0; index < found.length; index++) {
    found.push(...all.filter(({ parent }) => parent === found[index].pid));
  }
  return found;
}

function readStat(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return { pid: Number(pid), parent: Number(fields[1]), ticks };
  } catch {
    return null; // it has just ended
  }
}

function sameFile(root, known) {
  const file = exeOf(root);
  return treeOf(root)
    .filter(({ pid }) => pid !== root && exeOf(pid) === file)
    .map(({ pid }) => ({ pid, looks: 1 + (known.find((each) => each.pid === pid)?.looks ?? 0) }));
}

function exeOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return '';
  }
}

function statusKb(pid, field) {
  try {
    return Number(
      new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0,
    );
  } catch {
    return 0; // it has ended; who waits for it says so
  }
}

function resetMark(pid) {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
    return true;
  } catch {
    return false;
  }
}
