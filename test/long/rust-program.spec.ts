import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import type { FileMap } from '../support/http';
import { serviceVariables } from '../support/pair';
import { freePort } from '../support/ports';
import { Program, type Role } from '../support/program';
import { script } from '../support/script';
import { ServerPortal } from '../support/server-portal';
import { ZipContents } from '../support/zip';

/** The program `job-orchestrator` in Rust. */
const RUST = process.env.RUST_PROGRAM ?? '';
const describeRust = existsSync(RUST) ? describe : describe.skip;
const why = existsSync(RUST) ? '' : ' (skipped: RUST_PROGRAM names no program to try it with)';

type Kind = 'ours' | 'rust';

jest.setTimeout(120_000);

let home: string;
let running: Program[];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'orchestrator-rust-'));
  ['server', 'client'].forEach((name) => mkdirSync(join(home, name)));
  running = [];
});
afterEach(async () => {
  await Promise.all(running.filter((program) => !program.wasKilled).map((program) => program.kill9()));
  rmSync(home, { recursive: true, force: true });
});

/** Starts a program of either kind in the directory of its mode. */
async function start(kind: Kind, role: Role, port: number, env: Record<string, string> = {}): Promise<Program> {
  const cwd = join(home, role);
  const paths = { DB_PATH: join(cwd, 'db.sqlite'), DATA_PATH: join(cwd, 'data'), PORT: String(port) };
  // Of what it is given to start, the last word is the mode. In a session of its own, as a service manager starts it.
  const wrapper = kind === 'rust' ? { wrapper: ['setsid', 'bash', '-c', 'exec "$0" "${!#}"', RUST] } : {};
  const program = await Program.start(role, { ...paths, ...env }, { cwd, ...wrapper });
  running.push(program);
  return program;
}

async function startPair(server: Kind, client: Kind, ports?: { server: number; client: number }) {
  const at = ports ?? { server: await freePort(), client: await freePort() };
  const executor = await start(client, 'client', at.client);
  const program = await start(server, 'server', at.server, serviceVariables({ example: {} }, at.client));
  return { ports: at, server: program, client: executor, portal: new ServerPortal(program.url) };
}

async function untilStatus(portal: ServerPortal, id: number, wanted: string): Promise<void> {
  await eventually(async () => (await portal.status(id)).status === wanted, { timeoutMs: 30_000 });
}

/**
 * Submits a job, and waits until it is as wanted; its id. The client of 2.3.1 now and then calls a job lost while it starts
 * it: then another one is submitted.
 */
async function submitted(
  portal: ServerPortal,
  files: FileMap,
  wanted: (id: number, state: string) => boolean | Promise<boolean>,
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const id = await portal.submit(files);
    const isLost = await eventually(
      async () => {
        const { status, message } = await portal.status(id);
        const isThere = await wanted(id, status);
        return isThere || /^Lost|its processes are gone/.test(status + message) ? { isThere } : undefined;
      },
      { timeoutMs: 30_000 },
    ).then(({ isThere }) => !isThere);
    if (!isLost) {
      return id;
    }
    expect(attempt).toBeLessThan(5);
  }
}

const completed = (portal: ServerPortal) =>
  submitted(portal, { 'run.sh': script('cat in > out'), in: 'data\n' }, (_id, status) => status === 'Completed');

async function resultOf(portal: ServerPortal, id: number): Promise<ZipContents> {
  await untilStatus(portal, id, 'Completed');
  return ZipContents.read((await portal.get(`/download/${id}`)).body);
}

const gated = (gate: string) => script(`while [ ! -e ${join(home, gate)} ]; do sleep 0.1; done; echo went > out`);

describeRust(`beside the Rust program${why}`, () => {
  it.each([
    ['ours', 'rust'],
    ['rust', 'ours'],
  ] as const)(
    'a server (%s) and a client (%s) take jobs through, end them and give partial results',
    async (server, client) => {
      const { portal } = await startPair(server, client);
      const done = await completed(portal);
      const failing = await portal.submit(script('echo why > why; exit 3'));
      const endless = await submitted(portal, { 'run.sh': script('echo begun > mark; sleep 300') }, async (id) => {
        const answer = await portal.get(`/download_partial/${id}`);
        return answer.isZip && (await ZipContents.read(answer.body)).has('mark');
      });
      expect((await resultOf(portal, done)).text('out')).toBe('data\n');
      await untilStatus(portal, failing, 'Failed');
      expect((await portal.terminate(endless)).status).toBe(200);
      await untilStatus(portal, endless, 'Killed');
    },
  );

  it('its jobs are taken over: finished, failed, running and waiting ones, with their ids and results', async () => {
    const before = await startPair('rust', 'rust');
    const done = await completed(before.portal);
    const failing = await submitted(
      before.portal,
      { 'run.sh': script('exit 3') },
      (_id, status) => status === 'Failed',
    );
    const going = await submitted(before.portal, { 'run.sh': gated('gate') }, (_id, status) => status === 'Running');
    await before.client.kill9();
    const waiting = await before.portal.submit(gated('gate'));
    await before.server.kill9();
    const { portal } = await startPair('ours', 'ours', before.ports);
    expect((await resultOf(portal, done)).text('out')).toBe('data\n');
    expect((await portal.status(failing)).status).toBe('Failed');
    writeFileSync(join(home, 'gate'), '');
    const ends = await Promise.all(
      [going, waiting].map((id) =>
        eventually(
          async () => {
            const { status, message } = await portal.status(id);
            return /Completed|Failed/.test(status) && `${status} ${message}`;
          },
          { timeoutMs: 30_000 },
        ),
      ),
    );
    expect(ends[0]).toMatch(/^Completed/);
    // The Rust server calls a job failed that it could not hand over.
    expect(ends[1]).toMatch(/^(Completed|Failed )/);
    expect(readdirSync(join(home, 'server'))).toContain('db.sqlite.before-takeover');
  });
});
