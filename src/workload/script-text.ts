const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const LF = 0x0a;
const CR = 0x0d;

/** What was wrong with a script's text and could be mended without changing what it says. */
export interface MendedScript {
  readonly text: Buffer;
  /** For the user: what was changed. */
  readonly note: string;
}

/**
 * Mends what editors on Windows do to a script and bash can't read: a byte order mark, and CRLF on every line.
 * A script with CRLF on some lines only is left as it is, since there it may be meant (a here-document, say).
 * `null`: nothing to mend.
 */
export function mendScript(script: Buffer): MendedScript | null {
  const notes: string[] = [];
  let text = script;
  if (text.subarray(0, BOM.length).equals(BOM)) {
    text = text.subarray(BOM.length);
    notes.push('its byte order mark was removed');
  }
  if (lineEnds(text) === 'all-crlf') {
    text = Buffer.from(text.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
    notes.push('its Windows line ends (CRLF) were converted');
  }
  return notes.length === 0 ? null : { text, note: `run.sh: ${notes.join(', ')}` };
}

/** A hint for the user whose script failed: some of its lines end in CRLF, which bash takes for part of the words. */
export function mixedLineEndsHint(script: Buffer): string | null {
  return lineEnds(script) === 'some-crlf' ? 'some lines of run.sh have Windows line ends (CRLF)' : null;
}

function lineEnds(text: Buffer): 'no-crlf' | 'some-crlf' | 'all-crlf' {
  let lines = 0;
  let crlf = 0;
  for (let at = text.indexOf(LF); at !== -1; at = text.indexOf(LF, at + 1)) {
    lines++;
    if (at > 0 && text[at - 1] === CR) {
      crlf++;
    }
  }
  if (crlf === 0) {
    return 'no-crlf';
  }
  return crlf === lines ? 'all-crlf' : 'some-crlf';
}
