import { ProgressBar } from './progress-bar';

class Screen {
  isTTY = true;
  text = '';
  constructor(readonly columns = 100) {}
  write(text: string): void {
    this.text += text;
  }

  /** What stands in the lines, as the terminal shows it. */
  get lines(): string[] {
    return this.text.split('\n').map((line) => (line.split('\r').at(-1) ?? '').replace('\u001b[K', ''));
  }
}

it('shows the share, how much has passed of how much, and the rate', () => {
  const screen = new Screen();
  const bar = new ProgressBar('upload', 4 * 1024 * 1024, screen);
  bar.add(1024 * 1024);
  expect(screen.lines).toEqual([
    expect.stringMatching(/^upload \[#{8}-{22}\] {2}25% {2}1\.0 MiB of 4\.0 MiB {2}[\d.]+ \w+\/s$/),
  ]);
  bar.add(3 * 1024 * 1024);
  bar.end();
  expect(screen.lines).toEqual([expect.stringMatching(/^upload \[#{30}\] 100% {2}4\.0 MiB of 4\.0 MiB/), '']);
});

it('shows what has passed where the length is not known', () => {
  const screen = new Screen();
  const bar = new ProgressBar('download', null, screen);
  bar.add(1500);
  bar.end();
  expect(screen.lines).toEqual([expect.stringMatching(/^download 1\.5 KiB {2}/), '']);
});

it('never wraps into a second line, on a terminal however narrow or of no known width', () => {
  for (const columns of [10, 40, 0]) {
    const screen = new Screen(columns);
    const bar = new ProgressBar('download', 100, screen);
    bar.add(50);
    bar.end();
    expect(screen.lines[0]!.length).toBeLessThan(columns || 80);
  }
});

it('is drawn at most ten times a second, however many pieces come', () => {
  const screen = new Screen();
  const bar = new ProgressBar('download', 10_000, screen);
  for (let piece = 0; piece < 10_000; piece++) {
    bar.add(1);
  }
  bar.end();
  expect(screen.text.split('\r').length).toBeLessThan(20);
});

it('writes nothing where there is no terminal', () => {
  const screen = new Screen();
  screen.isTTY = false;
  const bar = new ProgressBar('download', 10, screen);
  bar.add(10);
  bar.end();
  expect(screen.text).toBe('');
});

it('is full for a transfer of nothing, and never more than full', () => {
  for (const total of [0, 5]) {
    const screen = new Screen();
    const bar = new ProgressBar('upload', total, screen);
    bar.add(10);
    bar.end();
    expect(screen.lines[0]).toMatch(/\[#{30}\] 100%/);
  }
});
