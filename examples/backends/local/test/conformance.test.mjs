import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { BackendHost } from 'job-orchestrator/backend';
import { backendConformance } from 'job-orchestrator/backend-conformance';
import LocalModule from 'job-orchestrator-local';

async function setUp() {
  const directory = mkdtempSync(join(tmpdir(), 'local-backend-'));
  const env = { SERVICE_TEST_BACKEND: 'local', SERVICE_TEST_LOCAL_DIRECTORY: directory };
  return {
    service: 'test',
    open: async () => {
      const host = await BackendHost.open(env, [LocalModule]);
      return { backend: host.backend('test'), close: () => host.close() };
    },
    strangerRef: 'local:1:test:nobody',
    held: async () => readdirSync(directory),
    tearDown: async () => rmSync(directory, { recursive: true }),
  };
}

backendConformance('local', setUp, { describe, it, beforeAll: before, afterAll: after });
