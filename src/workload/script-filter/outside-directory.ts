/**
 * Where paths lead, seen from the working directory of a job, as far as a script says it in plain words.
 *
 * Outside are absolute paths, `~`, and `..` that leads out. Inside are HOME, TMPDIR and PWD: the job's own. A path that
 * starts with any other variable, or stands behind a `cd` to one, may be anywhere: it is given the benefit of the doubt.
 */
import { MARK_CLOSE, MARK_OPEN } from './shell-visitor';

/** Levels below the working directory, `outside`, or `unknown`. */
export type Place = number | 'outside' | 'unknown';

const OWN_DIRECTORY = new RegExp(`^${MARK_OPEN}(?:HOME|TMPDIR|PWD)${MARK_CLOSE}(?=/|$)`);

/** Where `path` leads when it is used in `directory`. */
export function placeOf(path: string, directory: Place): Place {
  if (path.startsWith('/') || path.startsWith('~')) {
    return 'outside';
  }
  if (!path.startsWith(MARK_OPEN)) {
    return typeof directory === 'number' ? descend(path, directory) : directory;
  }
  const own = OWN_DIRECTORY.exec(path)?.[0];
  if (own === undefined) {
    return 'unknown';
  }
  const start = own.includes('PWD') ? directory : 0;
  return typeof start === 'number' ? descend(path.slice(own.length), start) : start;
}

function descend(path: string, start: number): Place {
  let level = start;
  for (const segment of path.split('/')) {
    if (segment === '..') {
      level--;
    } else if (segment !== '' && segment !== '.') {
      level++;
    }
    if (level < 0) {
      return 'outside';
    }
  }
  return level;
}

/** Where a shell is after `name args` (`cd`, `pushd`, `popd`), if the command succeeds. */
export function placeAfter(name: string, args: readonly string[], directory: Place): Place {
  const target = args.find((arg) => !/^[-+]./.test(arg));
  // Back to where it was, or to the job's own HOME: not followed, and both are harmless.
  if (name === 'popd' || target === undefined || target === '-' || /^~\/?$/.test(target)) {
    return 'unknown';
  }
  return placeOf(target, directory);
}
