// Rows of jobs that are large: in what they are sent, or in what they make.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { WITHIN_MS } from '../measures.mjs';
import { chosen } from '../number.mjs';
import { residentMb, watchMemory } from '../processes.mjs';
import { EMPTY_NOISE, KEEP_NOISE, makeFiles, makeNoise } from '../scripts.mjs';
import { PEAKS, without } from './figures.mjs';

const MB = 1e6;
const SETTLED_MS = 500;
/** More entries than the last record of a zip can tell. */
const COUNTABLE_FILES = 60_000;

export const bigUploadRow = {
  name: 'big-upload',
  about: ({ uploadMb }) => `${uploadMb} MB sent, stored and passed on to the executor`,
  services: ['bench'],
  figures: [
    { key: 'runs', label: 'upload begun until its job runs', unit: 's', better: 'lower', aim: 3 },
    { key: 'speed', label: 'that is', isPart: true, unit: 'MB/s', better: 'higher' },
    { key: 'accepted', label: 'until the upload is accepted', isPart: true, unit: 's', better: 'lower' },
    ...PEAKS,
  ],
  aimAt: ['uploadMb'],
  phases: [
    {
      setUp: noteIdle,
      measure: (bench) =>
        withPeaks(bench, async () => {
          const bytes = bench.options.uploadMb * MB;
          const job = await bigJob(bench, { script: EMPTY_NOISE, bytes, wanted: ['Running', 'Completed'] });
          return { runs: job.untilMs / 1000, speed: bytes / MB / (job.untilMs / 1000), accepted: job.uploadMs / 1000 };
        }),
    },
  ],
};

export const bigResultsRow = {
  name: 'big-results',
  about: ({ resultMb }) => `a job that makes ${resultMb} MB of noise, and its zip`,
  services: ['bench'],
  figures: [
    { key: 'completed', label: 'upload to Completed', unit: 's', better: 'lower', aim: 3 },
    { key: 'down', label: 'its zip down, read and dropped', unit: 'MB/s', better: 'higher', aim: 1220 },
    ...PEAKS,
  ],
  aimAt: ['resultMb'],
  phases: [
    {
      setUp: noteIdle,
      measure: (bench) =>
        withPeaks(bench, async () => {
          const bytes = bench.options.resultMb * MB;
          const job = await bigJob(bench, { script: makeNoise(bytes), bytes: 0, wanted: ['Completed'] });
          atLeast(job.bytes, bytes);
          const zip = await bench.load.run('download', { port: bench.pair.port, id: job.id });
          return { completed: job.untilMs / 1000, down: zip.bytes / MB / (zip.ms / 1000) };
        }),
    },
  ],
};

export const throughRow = {
  name: 'through',
  about: ({ throughMb }) => `${throughMb} MB of noise up, through, and down again in the zip`,
  services: ['bench'],
  figures: [
    { key: 'all', label: 'upload begun until the zip is there', unit: 's', better: 'lower' },
    { key: 'speed', label: 'that is', isPart: true, unit: 'MB/s', better: 'higher' },
    { key: 'up', label: 'up alone', isPart: true, unit: 'MB/s', better: 'higher' },
    { key: 'down', label: 'down alone', isPart: true, unit: 'MB/s', better: 'higher' },
    ...PEAKS,
  ],
  aimAt: ['throughMb'],
  phases: [
    {
      setUp: noteIdle,
      measure: (bench) =>
        withPeaks(bench, async () => {
          const bytes = bench.options.throughMb * MB;
          const job = await bigJob(bench, { script: KEEP_NOISE, bytes, wanted: ['Completed'] });
          atLeast(job.bytes, bytes);
          const speed = (ms) => bytes / MB / (ms / 1000);
          return {
            all: job.readMs / 1000,
            speed: speed(job.readMs),
            up: speed(job.uploadMs),
            down: speed(job.readMs - job.untilMs),
          };
        }),
    },
  ],
};

export const smallFilesRow = {
  name: 'small-files',
  about: ({ files }) => `a job that makes ${chosen(files)} small files, and its zip`,
  services: ['bench'],
  figures: [{ key: 'completed', label: 'upload to Completed', unit: 's', better: 'lower' }, ...without(PEAKS)],
  phases: [
    {
      setUp: noteIdle,
      measure: (bench) =>
        withPeaks(bench, async () => {
          const { files } = bench.options;
          const job = await bigJob(bench, { script: makeFiles(files), bytes: 0, wanted: ['Completed'] });
          if (files < COUNTABLE_FILES && !(job.entries >= files)) {
            throw new Error(`the zip has ${job.entries} entries for ${files} files`);
          }
          return { completed: job.untilMs / 1000 };
        }),
    },
  ],
};

function bigJob({ pair, load }, job) {
  return load.run('bigJob', { port: pair.port, service: 'bench', withinMs: WITHIN_MS, ...job });
}

function atLeast(bytes, expected) {
  // A zip that is small was no work.
  if (bytes < expected) throw new Error(`a zip of ${bytes} bytes, where ${expected} are in it`);
}

/**
 * Notes what memory both sides have before the first large job. Not before each: what one leaves to the next would hide
 * what that needs.
 */
async function noteIdle(bench) {
  await delay(SETTLED_MS, undefined, { signal: bench.signal });
  const { server, executor } = bench.pair.pids;
  bench.idle = { server: residentMb(server), executor: residentMb(executor) };
}

/** Does `work` and adds to its figures how far the memory of both sides rose above what it was before the first. */
async function withPeaks({ pair, signal, idle }, work) {
  // What the last repeat wrote must not go to the disk during this one.
  await promisify(execFile)('sync', { signal });
  await delay(SETTLED_MS, undefined, { signal });
  const server = watchMemory(pair.pids.server, idle.server);
  const executor = watchMemory(pair.pids.executor, idle.executor);
  try {
    const figures = await work();
    return { ...figures, serverPeak: server.stop(), executorPeak: executor.stop() };
  } finally {
    server.stop();
    executor.stop();
  }
}
