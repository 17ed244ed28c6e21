/**
 * How commands end, for scripts; docs/command-line.md has the same table. `server` and `client` have codes of their own
 * (docs/operating.md), of which 78 is shared.
 */
export const EXIT = {
  /** What was asked for is done. */
  ok: 0,
  /** The job ended without a result: Failed, Invalid, Killed, or its files are removed. */
  jobFailed: 1,
  /** The command line is wrong, or a file that it names. Nothing was sent. */
  usage: 2,
  /** The server (for `check`: an executor or the database) can't be reached, or didn't answer as it should. */
  unreachable: 3,
  /** The server has no job of this id. */
  unknownJob: 4,
  /** The job has not come so far, or the time to wait is over. */
  notYet: 5,
  /** The server understood and said no. */
  refused: 6,
  /** A file of this machine could not be read or written, or the archive that came is damaged. */
  localFile: 7,
  /** EX_SOFTWARE of sysexits.h: a fault of this program. */
  internal: 70,
  /** EX_CONFIG of sysexits.h: the configuration has to be changed. */
  config: 78,
  /** 128 + SIGINT. */
  interrupted: 130,
} as const;
