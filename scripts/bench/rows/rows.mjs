// All rows, in the order in which they are measured. A row:
//   name, about(options)  what is typed, and what people read
//   services              names of services.mjs; the first is warmed up, unless the row `isCold`; without: no programs
//   aimAt                 the options whose default the aims are meant for
//   figures               see figures.mjs
//   notes                 how to read them, if that isn't plain
//   phases                each `{ setUp?, measure? }`: setUp once a program, then measure in each repeat; both are given
//                         `{ target, pair, load, options, notes, signal, home, root }`, to which the row may add
//   oursOnly              why no other program can be asked for this; of a row, or (true) of a phase

import { historyRow, invalidRow, queuedRow, queuedSameRow } from './afterwards.mjs';
import { fsyncRow, idleRow, restRow, startRow } from './at-rest.mjs';
import { bigResultsRow, bigUploadRow, smallFilesRow, throughRow } from './large-jobs.mjs';
import { defaultQuotasRow, latencyRow, pollsRow, throughputRow, uploadsRow } from './small-jobs.mjs';

export const ROWS = [
  latencyRow,
  throughputRow,
  defaultQuotasRow,
  uploadsRow,
  pollsRow,
  bigUploadRow,
  bigResultsRow,
  throughRow,
  smallFilesRow,
  invalidRow,
  historyRow,
  queuedRow,
  queuedSameRow,
  idleRow,
  restRow,
  startRow,
  fsyncRow,
];
