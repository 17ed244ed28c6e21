import { BadFormError } from './multipart-errors';

/** What ext4, XFS and NFS allow for one name. */
const MAX_NAME_BYTES = 255;

/** How much of a name goes into a message. */
const SHOWN_CHARACTERS = 80;

/**
 * The name under which a file of a form is stored: the last segment of what the sender calls it. Both `/` and `\`
 * separate, so the result always names an entry of the directory it is joined to.
 * @throws BadFormError showing the name, where no safe name is left of it
 */
export function storedName(raw: string): string {
  const name = raw.slice(Math.max(raw.lastIndexOf('/'), raw.lastIndexOf('\\')) + 1);
  const fault = faultOf(name);
  if (fault !== undefined) {
    throw new BadFormError(`the file name ${quoted(raw)} cannot be used: ${fault}`);
  }
  return name;
}

function faultOf(name: string): string | undefined {
  if (name === '') {
    return 'it is empty';
  }
  if (name === '.' || name === '..') {
    return 'it names a directory';
  }
  if (/\p{Cc}/u.test(name)) {
    return 'it contains a control character';
  }
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    return `it is longer than ${MAX_NAME_BYTES} bytes`;
  }
  return undefined;
}

/** A text of the sender's for a message: in JSON's quotes and escapes, and shortened. */
export function quoted(text: string): string {
  const characters = Array.from(text.slice(0, 2 * SHOWN_CHARACTERS + 2));
  const isShort = characters.length <= SHOWN_CHARACTERS;
  return JSON.stringify(isShort ? text : `${characters.slice(0, SHOWN_CHARACTERS).join('')}...`);
}
