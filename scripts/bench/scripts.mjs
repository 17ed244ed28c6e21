// What the jobs run.

// The Rust program learns the exit code from this file; ours needs no such line.
const REPORT_EXIT = `trap 'echo "$?" > .orchestrator.exit' EXIT\n`;

export const TINY = `${REPORT_EXIT}echo done > out\n`;
/** Ends only with the pair. */
export const SLEEPING = `${REPORT_EXIT}sleep 7200\n`;
/** Its result is small, however large `noise` was. */
export const EMPTY_NOISE = `${REPORT_EXIT}: > noise\necho done > out\n`;
/** Its result holds what was sent. */
export const KEEP_NOISE = TINY;
export const makeNoise = (bytes) => `${REPORT_EXIT}head -c ${bytes} /dev/urandom > noise\n`;
export const makeFiles = (count) =>
  `${REPORT_EXIT}mkdir files\nfor n in $(seq ${count}); do echo "line of file $n" > "files/$n"; done\n`;
