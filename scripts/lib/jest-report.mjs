// Reads what `jest --json --outputFile` leaves.

import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

/**
 * The tests of a run: how many passed, which failed and which were skipped, each `{ name, file }`.
 * A file that could not be run at all counts as one failed test: jest itself counts no test of it.
 * `isMissing` when jest left no report.
 */
export function readReport(path, root) {
  const tests = { passed: 0, failed: [], skipped: [], isMissing: !existsSync(path) };
  if (tests.isMissing) return tests;
  for (const suite of JSON.parse(readFileSync(path, 'utf8')).testResults) {
    const file = relative(root, suite.name);
    for (const { status, fullName } of suite.assertionResults) {
      if (status === 'passed') tests.passed += 1;
      else if (status === 'failed') tests.failed.push({ name: fullName, file });
      else tests.skipped.push({ name: fullName, file });
    }
    const hasFailure = suite.assertionResults.some(({ status }) => status === 'failed');
    if (suite.status === 'failed' && !hasFailure) tests.failed.push({ name: '(the file could not be run)', file });
  }
  return tests;
}

/** One sum of several runs. */
export function addUp(reports) {
  return {
    passed: reports.reduce((sum, { passed }) => sum + passed, 0),
    failed: reports.flatMap(({ failed }) => failed),
    skipped: reports.flatMap(({ skipped }) => skipped),
  };
}
