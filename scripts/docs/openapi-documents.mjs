// The OpenAPI documents of both modes, from the programs as they are built: started, asked, and stopped.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../lib/free-port.mjs';
import { Program } from '../lib/programs.mjs';

/** `{ server, executor }`, without what is the release's or the machine's. @throws Error when one does not start */
export async function openApiDocuments(cli, signal) {
  const directory = mkdtempSync(join(tmpdir(), 'job-orchestrator-docs-'));
  const [serverPort, executorPort] = await freePorts(2);
  const programs = [
    new Program({ name: 'server', mode: 'server', cli, port: serverPort, directory }),
    new Program({ name: 'executor', mode: 'client', cli, port: executorPort, directory }),
  ];
  try {
    const [server, executor] = await Promise.all(
      programs.map(async (program) => {
        await program.ready(signal);
        const answer = await fetch(`${program.url}/api-docs/openapi.json`, { signal });
        if (!answer.ok) throw new Error(`the ${program.name} answered ${answer.status} for its OpenAPI document`);
        return answer.json();
      }),
    );
    return { server, executor };
  } catch (error) {
    const logs = programs.map((program) => `--- ${program.name}\n${program.tail()}`).join('\n');
    throw new Error(`${error.message}\n${logs}`, { cause: error });
  } finally {
    await Promise.all(programs.map((program) => program.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}
