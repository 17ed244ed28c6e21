import { errnoOf } from '../errors';
import { quotePath } from './entry-names';

/** Why an entry could not be taken, in words for the note. A value, not an error: the archive goes on without it. */
export class LeftOut {
  constructor(readonly reason: string) {}
}

// What one entry may do to us without harm to the rest. Anything else (EIO, EMFILE...) ends the archive: what it
// would lack can't be told from what is there.
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'vanished while the archive was made',
  ENOTDIR: 'vanished while the archive was made',
  EINVAL: 'changed its kind while the archive was made',
  ELOOP: 'became a symbolic link while the archive was made',
  EACCES: 'could not be read: permission denied',
  EPERM: 'could not be read: permission denied',
  ENXIO: 'special file, not a regular one',
  ENODEV: 'special file, not a regular one',
  ENAMETOOLONG: 'could not be read: its path is too long',
};

/** The entry's reason for being left out. @throws the error itself if it is not the entry's own matter */
export function leftOutBy(error: unknown): LeftOut {
  const reason = REASONS[errnoOf(error) ?? ''];
  if (reason === undefined) {
    throw error;
  }
  return new LeftOut(reason);
}

/** Collects what a reader of the archive has to know about entries that it lacks or shows otherwise than they were. */
export class ArchiveNote {
  private readonly lines: string[] = [];

  /** `path`: relative to the archived directory, as the bytes on disk. */
  add(path: Buffer, remark: string): void {
    this.addLine(`${quotePath(path)}: ${remark}`);
  }

  addLine(line: string): void {
    this.lines.push(line);
  }

  /** `undefined`: there is nothing to tell. */
  text(): Buffer | undefined {
    if (this.lines.length === 0) {
      return undefined;
    }
    const head = [
      'What this archive lacks of the directory that it was made of, or holds otherwise than it was there.',
      "A name in $'...' is quoted as bash understands it.",
      '',
    ];
    return Buffer.from([...head, ...this.lines, ''].join('\n'));
  }
}
