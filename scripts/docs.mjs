// npm run docs: writes what the documentation takes from the code, after a build: the tables of variables in
// docs/configuration.md and docs/backends/slurm.md, and docs/api-reference.md from the OpenAPI documents of the programs.
// npm run docs -- --check changes nothing, names each page that is stale, and ends with 1 if there is one.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generatedPages } from './docs/generated-pages.mjs';

const USAGE = `npm run docs                         writes what is generated
npm run docs -- --check              changes nothing; 1 if a page is stale
npm run docs -- --docs DIRECTORY     the pages of another directory`;

const root = fileURLToPath(new URL('..', import.meta.url));
const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interrupt.abort(new Error(name)));

/** The exit code. */
async function run({ check: isCheck, docs }) {
  const pages = await generatedPages({ docs, dist: join(root, 'dist'), signal: interrupt.signal });
  let code = 0;
  for (const { page, text, fault } of pages) {
    const path = join(docs, page);
    const name = relative(process.cwd(), path);
    if (fault !== undefined) {
      console.log(`${name}: ${fault}`);
      code = 1;
    } else if (existsSync(path) && readFileSync(path, 'utf8') === text) {
      console.log(`${name}: as the code has it`);
    } else if (isCheck) {
      console.log(`${name}: stale, npm run docs writes it anew`);
      code = 1;
    } else {
      writeFileSync(path, text);
      console.log(`${name}: written`);
    }
  }
  return code;
}

function readArguments() {
  try {
    const { values } = parseArgs({ options: { check: { type: 'boolean' }, docs: { type: 'string' } } });
    return { check: values.check ?? false, docs: resolve(values.docs ?? join(root, 'docs')) };
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

try {
  process.exitCode = await run(readArguments());
} catch (error) {
  console.error(`npm run docs: ${error.message}`);
  process.exitCode = 1;
}
