import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
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
  // Of what it is given to start, the last word is the mode.
  const wrapper = kind === 'rust' ? { wrapper: ['bash', '-c', 'exec "$0" "${!#}"', RUST] } : {};
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
      const done = await portal.submit({ 'run.sh': script('cat in > out'), in: 'data\n' });
      const failing = await portal.submit(script('echo why > why; exit 3'));
      const endless = await portal.submit(script('echo begun > mark; sleep 300'));
      expect((await resultOf(portal, done)).text('out')).toBe('data\n');
      await untilStatus(portal, failing, 'Failed');
      await eventually(
        async () => {
          const answer = await portal.get(`/download_partial/${endless}`);
          return answer.isZip && (await ZipContents.read(answer.body)).has('mark');
        },
        { timeoutMs: 20_000 },
      );
      expect((await portal.terminate(endless)).status).toBe(200);
      await untilStatus(portal, endless, 'Killed');
    },
  );

  it('its jobs are taken over: finished, failed, running and waiting ones, with their ids and results', async () => {
    const before = await startPair('rust', 'rust');
    const done = await before.portal.submit({ 'run.sh': script('cat in > out'), in: 'data\n' });
    const failing = await before.portal.submit(script('exit 3'));
    await untilStatus(before.portal, done, 'Completed');
    await untilStatus(before.portal, failing, 'Failed');
    const going = await before.portal.submit(gated('gate'));
    await eventually(
      async () => {
        const answer = await before.portal.get(`/download_partial/${going}`);
        return answer.isZip;
      },
      { timeoutMs: 20_000 },
    );
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
