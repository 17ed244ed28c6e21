import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');

/** A fenced block of a page. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** Number of its first line, for people. */
  readonly line: number;
  /**
   * Says, in itself or in the comment right before it, that the tests don't run it, or which test runs it in a way of its
   * own.
   */
  readonly isMarked: boolean;
}

/** All pages that are written for readers, as paths in the repository. */
export function pages(): string[] {
  const under = (directory: string) =>
    readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
      .map((name) => join(directory, name));
  return ['README.md', 'CONTRIBUTING.md', ...under('docs'), ...under('examples')].sort();
}

export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

const MARK = /<!-- (?:not run by the tests|run by test\/)[^>]*-->\s*$/;

export function blocksOf(page: string): Block[] {
  const text = readPage(page);
  return [...text.matchAll(/^( *)```(\w+)\n(.*?)^\1```$/gms)].map((match) => {
    const [, indent = '', language = '', body = ''] = match;
    const before = text.slice(0, match.index);
    const isMarked = body.includes('not run by the tests') || MARK.test(before);
    return {
      language,
      text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      line: before.split('\n').length,
      isMarked,
    };
  });
}

/** The names by which GitHub lets links lead to headings. */
export function anchorsOf(page: string): Set<string> {
  const headings = readPage(page)
    .replaceAll(/^```.*?^```$/gms, '')
    .matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .trim()
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
