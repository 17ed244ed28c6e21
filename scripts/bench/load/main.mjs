// The load generator: a process that does one task after the other, as told by its parent.

import { bigJob, download } from './big.mjs';
import { oneByOne, sendJobs } from './jobs.mjs';
import { poll } from './polls.mjs';

const TASKS = { bigJob, download, oneByOne, poll, sendJobs };

process.on('message', ({ task, options }) => {
  TASKS[task](options).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: error.code ? `${error.code}: ${error.message}` : error.message }),
  );
});
// Its parent has gone without a word.
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole foreground group; the parent decides.
process.on('SIGINT', () => undefined);
