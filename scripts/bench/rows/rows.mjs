// All rows, in the order in which they are measured. A row:
//   name, about(options)  what is typed, and what people read
//   services              names of services.mjs; the first is the one that is warmed up
//   figures               see figures.mjs
//   notes                 how to read them, if that isn't plain
//   phases                each `{ setUp?, measure? }`: setUp once a program, then measure in each repeat; both are given
//                         `{ target, pair, load, options, notes, signal, directory, root }`, which the row may add to
//   oursOnly              why no other program can be asked for this; of a row, of a phase or of a figure

import { invalidRow } from './afterwards.mjs';
import { idleRow } from './at-rest.mjs';
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
  idleRow,
];
