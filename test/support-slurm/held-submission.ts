import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { restAccess } from './cluster';
import type { Transport } from './slurm-server';

/**
 * Stands before the real SLURM and holds up the first submission: SLURM gets it when it is let go, be the server that
 * made it still there or not. All else passes at once.
 */
export class HeldSubmission {
  private constructor(
    /** What the server gets: environment, and settings of its service. */
    readonly env: Record<string, string>,
    readonly settings: Record<string, string>,
    /** It is under way. */
    readonly isHeld: () => boolean,
    readonly letGo: () => void,
    readonly stop: () => Promise<void>,
  ) {}

  static async before(transport: Transport): Promise<HeldSubmission> {
    return transport === 'cli' ? HeldSubmission.beforeSbatch() : HeldSubmission.beforeRest();
  }

  private static beforeSbatch(): HeldSubmission {
    const directory = mkdtempSync(join(tmpdir(), 'orchestrator-held-'));
    chmodSync(directory, 0o755);
    const [held, go] = [join(directory, 'held'), join(directory, 'go')];
    const wait = `if mkdir ${held} 2>/dev/null; then until [ -e ${go} ]; do sleep 0.05; done; fi`;
    // Its answer may find nobody to read it.
    const lines = ['#!/bin/bash', wait, 'exec /usr/bin/sbatch "$@"', ''];
    writeFileSync(join(directory, 'sbatch'), lines.join('\n'), { mode: 0o755 });
    return new HeldSubmission(
      { PATH: `${directory}:${process.env.PATH ?? ''}` },
      {},
      () => existsSync(held),
      () => writeFileSync(go, ''),
      () => {
        writeFileSync(go, '');
        rmSync(directory, { recursive: true });
        return Promise.resolve();
      },
    );
  }

  private static async beforeRest(): Promise<HeldSubmission> {
    const { url } = restAccess();
    let isHeld = false;
    let letGo = (): void => undefined;
    const gate = new Promise<void>((open) => (letGo = open));
    const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
      const body = await text(incoming);
      if (incoming.method === 'POST' && !isHeld) {
        isHeld = true;
        await gate;
      }
      const names = ['content-type', 'x-slurm-user-name', 'x-slurm-user-token'];
      const headers = Object.fromEntries(names.map((name) => [name, String(incoming.headers[name] ?? '')]));
      const { method, url: path = '' } = incoming;
      const answer = await fetch(`${url}${path}`, { method, headers, ...(body === '' ? {} : { body }) });
      outgoing.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      outgoing.end(await answer.text());
    };
    const server = createServer((incoming, outgoing) => {
      pass(incoming, outgoing).catch(() => outgoing.destroy());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new HeldSubmission(
      {},
      { REST_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
      () => isHeld,
      () => letGo(),
      async () => {
        letGo();
        server.close();
        server.closeAllConnections();
        await once(server, 'close');
      },
    );
  }
}
