/**
 * What every backend has to keep, as tests against the real system behind it. They are a function of a set-up, so that
 * a backend's own file is a few lines. No test runner is imported and no library of assertions: packages of others run
 * it as `job-orchestrator/backend-conformance` with the runner that they have.
 */
import { aborts } from './conformance/aborts';
import { ending } from './conformance/ending';
import { files } from './conformance/files';
import { handingOver } from './conformance/handing-over';
import { reports } from './conformance/reports';
import { Subject } from './conformance/subject';
import type { BackendUnderTest, TestRunner } from './conformance/under-test';

export type { BackendUnderTest, OpenBackend, TestRunner } from './conformance/under-test';

const TIMEOUT_MS = 240_000;

/**
 * Describes the tests of one backend.
 * @param name of the backend, for the report
 * @param setUp starts what the backend needs; called once, before the first test
 * @param runner default: the global functions of jest and vitest. For node:test:
 * `{ describe, it, beforeAll: before, afterAll: after }`
 */
export function backendConformance(
  name: string,
  setUp: () => Promise<BackendUnderTest>,
  runner: TestRunner = globalRunner(),
): void {
  runner.describe(`${name} keeps the Backend contract`, () => {
    let opened: Subject | undefined;
    const subject = (): Subject => {
      if (!opened) {
        throw new Error('the set-up of this backend failed');
      }
      return opened;
    };
    runner.beforeAll(async () => {
      opened = await Subject.of(await setUp());
    }, TIMEOUT_MS);
    runner.afterAll(async () => {
      await opened?.end();
    }, TIMEOUT_MS);

    for (const tests of [handingOver, reports, files, ending, aborts]) {
      tests(runner, subject, TIMEOUT_MS);
    }
  });
}

function globalRunner(): TestRunner {
  const all: object = globalThis;
  return all as TestRunner;
}
