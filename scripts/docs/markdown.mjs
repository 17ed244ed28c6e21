// Pieces of Markdown, as GitHub renders it.

/** A table. Cells are Markdown; what would break a row is escaped. */
export function table(head, rows) {
  const line = (cells) => `|${cells.map((text) => (text === '' ? ' ' : ` ${cell(text)} `)).join('|')}|`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

export function code(text) {
  const fence = text.includes('`') ? '``' : '`';
  return `${fence}${text}${fence}`;
}

export function jsonCode(value) {
  return code(JSON.stringify(value));
}

/** The name by which a link leads to a heading. */
export function anchor(heading) {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

export function link(text, heading) {
  return `[${text}](#${anchor(heading)})`;
}

/** A text of the code as a sentence: they begin in lower case there, and end without a full stop. */
export function sentence(text) {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return first === '' || /[.:]$/.test(first) ? first : `${first}.`;
}

/** Paragraphs, lists and tables, those that are not empty, as a text with a blank line between them. */
export function blocks(parts) {
  return parts.filter((part) => part !== '').join('\n\n');
}
