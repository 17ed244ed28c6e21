// What the scripts print: headings, and steps that are one line each. On a terminal the line of a running step is
// redrawn with a spinner and the time; elsewhere (a log, a pipe) every change is a line of its own.

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const REDRAW_MS = 80;
const LABEL_WIDTH = 14;

export const isTerminal = Boolean(process.stdout.isTTY);
const hasColour = isTerminal && !process.env.NO_COLOR;

const paint = (code) => (text) => (hasColour ? `\u001b[${code}m${text}\u001b[0m` : String(text));
export const bold = paint('1');
export const dim = paint('2');
export const red = paint('31');
export const green = paint('32');
export const yellow = paint('33');
export const cyan = paint('36');

/** Milliseconds as people read them: `0.34 s`, `12.1 s`, `2 min 05 s`. */
export function duration(ms) {
  if (ms < 10_000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** Bytes as people read them: `812 B`, `83 kB`, `1.2 MB`. */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

const openSteps = new Set();

/** Closes the steps that something else put an end to. */
export function abandonSteps() {
  for (const open of [...openSteps]) open.failed('not finished');
}

export function say(text = '') {
  process.stdout.write(`${text}\n`);
}

/** Every line of `text` moved in by two. */
export function indent(text) {
  return text.replace(/^(?=.)/gm, '  ');
}

/**
 * A step that takes a moment. `update` shows where it stands, without a terminal by a line of its own (`asLine`);
 * `done` and `failed` close it, and only the first of them counts.
 * @param options.isVerbose also without a terminal, print a line for the start and for each update
 */
export function step(label, text = '', { isVerbose = false } = {}) {
  const startedAt = performance.now();
  const elapsed = () => duration(performance.now() - startedAt);
  const line = (mark, body) => `  ${mark} ${label.padEnd(LABEL_WIDTH)} ${body}`;
  let current = text;
  let frame = 0;
  let isOpen = true;

  const redraw = () => {
    const body = `${current}  ${elapsed()}`;
    // A line that wraps could not be redrawn.
    const room = Math.max(10, (process.stdout.columns || 80) - LABEL_WIDTH - 6);
    process.stdout.write(`\r\u001b[K${line(cyan(FRAMES[frame++ % FRAMES.length]), dim(body.slice(0, room)))}`);
  };
  const timer = isTerminal ? setInterval(redraw, REDRAW_MS) : undefined;
  if (isTerminal) redraw();
  else if (isVerbose && text) say(line('-', text));

  const clear = () => {
    if (!isOpen) return false;
    isOpen = false;
    openSteps.delete(handle);
    clearInterval(timer);
    if (isTerminal) process.stdout.write('\r\u001b[K');
    return true;
  };
  const close = (mark, body) => {
    if (clear()) say(line(mark, body));
  };
  const handle = {
    update(next, asLine = next) {
      if (!isOpen || next === current) return;
      current = next;
      if (isTerminal) redraw();
      else if (isVerbose) say(line('-', `${asLine}  ${elapsed()}`));
    },
    done: (body) => close(green('✓'), `${body}  ${dim(elapsed())}`),
    failed: (body) => close(red('✗'), body),
    /** Ends it without a line. */
    clear,
  };
  openSteps.add(handle);
  return handle;
}
