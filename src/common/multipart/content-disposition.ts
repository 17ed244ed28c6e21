import { isUtf8 } from 'node:buffer';
import { BadFormError } from './multipart-errors';
import { readParameters } from './header-parameters';
import type { PartHeader } from './header-block';
import { quoted } from './file-name';

/** What a part says of itself. A part is a file if it has a filename. */
export interface PartDisposition {
  readonly name: string | undefined;
  /** As sent, directories included; may be empty (a file input left empty). */
  readonly filename: string | undefined;
}

/**
 * Reads a part's Content-Disposition. Names are raw UTF-8 (as browsers and curl send them) or RFC 5987
 * (`filename*=utf-8''...`), which wins where both are given; `%22` in a plain name stays as it is.
 * @param part number of the part in its form, from 1, for messages
 * @throws BadFormError naming the part: a part that cannot be read is never passed over, since a file would be lost
 */
export function readDisposition(headers: readonly PartHeader[], part: number): PartDisposition {
  const where = `the Content-Disposition of part ${part}`;
  const found = headers.filter((header) => header.name === 'content-disposition');
  const [header] = found;
  if (header === undefined) {
    throw new BadFormError(`part ${part} has no Content-Disposition header`);
  }
  if (found.length > 1) {
    throw new BadFormError(`part ${part} has ${found.length} Content-Disposition headers`);
  }
  if (!isUtf8(header.value)) {
    throw new BadFormError(`${where} is not valid UTF-8`);
  }
  const { value, parameters } = readParameters(header.value.toString('utf8'), where);
  if (value !== 'form-data') {
    throw new BadFormError(`${where} is ${quoted(value)}, not form-data`);
  }
  for (const key of parameters.keys()) {
    // RFC 2231 splits a long name into name*0, name*1; unread, a file would pass for a text field.
    if (/^(?:file)?name\*.+/.test(key)) {
      throw new BadFormError(`${where} has ${key}, a form of name that is not supported`);
    }
  }
  return { name: either(parameters, 'name', where), filename: either(parameters, 'filename', where) };
}

function either(parameters: ReadonlyMap<string, string>, key: string, where: string): string | undefined {
  const extended = parameters.get(`${key}*`);
  return extended === undefined ? parameters.get(key) : decodeExtended(extended, `${key}* in ${where}`);
}

/** `charset'language'percent-encoded`, RFC 5987. */
function decodeExtended(value: string, where: string): string {
  const [, charset, encoded] = /^([^']*)'[^']*'((?:%[0-9a-f]{2}|[\x20-\x24\x26-\x7e])*)$/i.exec(value) ?? [];
  if (charset === undefined || encoded === undefined) {
    throw new BadFormError(`${where} is not of the form charset'language'percent-encoded: ${quoted(value)}`);
  }
  const bytes = Buffer.from(
    encoded.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );
  switch (charset.toLowerCase()) {
    case 'utf-8':
      if (!isUtf8(bytes)) {
        throw new BadFormError(`${where} is not valid UTF-8: ${quoted(value)}`);
      }
      return bytes.toString('utf8');
    case 'iso-8859-1':
      return bytes.toString('latin1');
    default:
      throw new BadFormError(`${where} has the charset ${quoted(charset)}: utf-8 or iso-8859-1 is needed`);
  }
}
