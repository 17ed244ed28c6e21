import { existsSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import { anchorsOf, blocksOf, pages, readPage } from '../support/pages';

const ROOT = resolve(__dirname, '../..');

/** Pages whose commands a test runs, from top to bottom: all that are not marked. */
const RUN = ['README.md', 'docs/first-job.md', 'docs/api.md', 'docs/command-line.md'];

describe.each(pages())('%s', (page) => {
  it('has links that lead somewhere', () => {
    const text = readPage(page)
      .replaceAll(/^ *```.*?^ *```$/gms, '')
      .replaceAll(/`[^`\n]*`/g, '');
    const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => {
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : normalize(join(dirname(page), path));
        const isThere = existsSync(join(ROOT, file));
        return !isThere || (anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).has(anchor));
      });
    expect(broken).toEqual([]);
  });

  it('names tests that are there', () => {
    const named = [...readPage(page).matchAll(/<!-- run by (test\/[\w./-]+\.ts)/g)].map(([, file = '']) => file);
    expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it('has no command that is neither run by a test nor marked as not run', () => {
    const unmarked = RUN.includes(page)
      ? []
      : blocksOf(page).filter(({ language, isMarked }) => /^(sh|bash|console)$/.test(language) && !isMarked);
    expect(unmarked.map(({ line, text }) => `${page}:${line}: ${text.split('\n')[0]}`)).toEqual([]);
  });
});

it('every page of docs is in its index', () => {
  const index = readPage('docs/README.md');
  const missing = pages().filter(
    (page) =>
      page.startsWith('docs/') && page !== 'docs/README.md' && !index.includes(`(${page.slice('docs/'.length)})`),
  );
  expect(missing).toEqual([]);
});
