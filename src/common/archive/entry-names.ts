// File names are bytes; names in a zip are UTF-8 text with '/' between the parts. A name that can't be told so is
// escaped: exactly the offending bytes become %XX, and with them every '%' of that name, so that decoding %XX gives the
// file's name back. Names that need no escape are kept to the byte, newlines, blanks and '%' included.
import { isUtf8 } from 'node:buffer';
import { DirectoryEntry } from './open-directory';

const PERCENT = 0x25;
const BACKSLASH = 0x5c;
const DRIVE = /^[A-Za-z]:/;

const ASCII = /^[\x00-\x7f]*$/;

/** An entry of a directory and its name in the archive. */
export interface NamedEntry {
  readonly entry: DirectoryEntry;
  readonly name: string;
}

/**
 * Names for all the entries of one directory, no two alike, in the order of their bytes.
 * `atTop`: the directory is the archive's root, where a name like `C:x` would be read as an absolute path.
 */
export function nameEntries(entries: DirectoryEntry[], atTop: boolean): NamedEntry[] {
  entries.sort((a, b) => (a.bytes < b.bytes ? -1 : 1));
  const named = entries.map((entry) => ({ entry, name: entryName(entry.bytes, atTop) }));
  if (named.every(({ name }) => name !== undefined)) {
    return named as NamedEntry[];
  }
  const taken = new Set(named.map(({ name }) => name));
  return named.map(({ entry, name }) => ({ entry, name: name ?? claimName(escapeName(entry.bytes, atTop), taken) }));
}

/** The archive has the entry under another name than the directory. */
export function isRenamed({ entry, name }: NamedEntry): boolean {
  return name !== entry.bytes && Buffer.from(name).toString('latin1') !== entry.bytes;
}

/** `wanted`, or its first free variant `.1`, `.2`...; taken from then on. */
export function claimName(wanted: string, taken: Set<string | undefined>): string {
  let name = wanted;
  for (let n = 1; taken.has(name); n++) {
    name = `${wanted}.${n}`;
  }
  taken.add(name);
  return name;
}

/** A path for a human reader's line: as it is where that is unmistakable, else as bash's `$'...'` takes it. */
export function quotePath(raw: Buffer): string {
  const text = raw.toString();
  if (isUtf8(raw) && /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u.test(text) && !/^\s|\s$|['\\]|^\$/.test(text)) {
    return text;
  }
  const quoted = [...raw].map((byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== BACKSLASH
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, '0')}`,
  );
  return `$'${quoted.join('')}'`;
}

/** The name as text, if it can be kept to the byte. */
function entryName(bytes: string, atTop: boolean): string | undefined {
  if (bytes.includes('\\') || (atTop && DRIVE.test(bytes))) {
    return undefined;
  }
  if (ASCII.test(bytes)) {
    return bytes;
  }
  const raw = Buffer.from(bytes, 'latin1');
  return isUtf8(raw) ? raw.toString() : undefined;
}

function escapeName(bytes: string, atTop: boolean): string {
  const raw = Buffer.from(bytes, 'latin1');
  const hasDrive = atTop && DRIVE.test(bytes);
  const parts: string[] = [];
  for (let at = 0; at < raw.length;) {
    const length = characterLength(raw, at);
    const first = raw[at] ?? 0;
    if (length === 0 || first === BACKSLASH || first === PERCENT || (hasDrive && at === 1)) {
      parts.push(`%${first.toString(16).toUpperCase().padStart(2, '0')}`);
      at += 1;
    } else {
      parts.push(raw.toString('utf8', at, at + length));
      at += length;
    }
  }
  return parts.join('');
}

/** Bytes of the UTF-8 character that begins here; 0 if none does. */
function characterLength(raw: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= raw.length; length++) {
    if (isUtf8(raw.subarray(at, at + length))) {
      return length;
    }
  }
  return 0;
}
