import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recorded } from '../../../../test/support-slurm/recorded';
import { BackendUnavailableError, BackendUnclearError } from '../../backend.errors';
import type { SubmitRequest } from '../submit-request';
import { CliTransport } from './cli-transport';

const SIGNAL = new AbortController().signal;
const REQUEST = { name: 'jo-k', options: [], scriptPath: '/k/batch.sh' } as unknown as SubmitRequest;

let directory: string;
let transport: CliTransport;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'slurm-cli-'));
  for (const name of ['sbatch', 'squeue', 'scancel', 'scontrol', 'sacct']) {
    command(name, 'true');
  }
  transport = new CliTransport({ PATH: directory, SLURM_CONF: '/c', SLURM_CONF_SERVER: 'head:6817', HOME: '/h' });
  expect(await transport.findPrograms()).toEqual([]);
});
afterEach(() => rmSync(directory, { recursive: true }));

function command(name: string, script: string): void {
  writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** Says what the real one said. */
function replay(name: string, file: string): void {
  const { stdout, stderr, code } = recorded(file);
  writeFileSync(join(directory, 'out'), stdout);
  writeFileSync(join(directory, 'err'), stderr);
  command(name, `cat ${directory}/out; cat ${directory}/err >&2; exit ${code}`);
}

describe('the commands of SLURM', () => {
  it('find their configuration where the server does, and see nothing else of it', async () => {
    command('squeue', `env > ${directory}/env`);
    await transport.list(SIGNAL);
    const names = readFileSync(join(directory, 'env'), 'utf8').split('\n');
    expect(names).toEqual(expect.arrayContaining(['SLURM_CONF=/c', 'SLURM_CONF_SERVER=head:6817']));
    expect(names.filter((line) => line.startsWith('HOME='))).toEqual([]);
  });

  it('that list nothing because they know no such user have not said that there is nothing', async () => {
    replay('squeue', 'squeue.txt');
    expect((await transport.list(SIGNAL)).jobs).not.toEqual([]);
    replay('squeue', 'squeue-no-user.txt');
    await expect(transport.list(SIGNAL)).rejects.toThrow(BackendUnavailableError);
  });

  it('that find a name in no line, but have one that cannot be read, have not said that it is unknown', async () => {
    command('sacct', 'echo damaged');
    await expect(transport.past({ name: 'jo-k' }, SIGNAL)).rejects.toThrow(/can't be read/);
    expect((await transport.past({ jobIds: [7] }, SIGNAL))?.unreadable).toEqual(['"damaged"']);
  });

  it('keep a job for later when its partition is drained, and leave it unclear when they say nothing', async () => {
    replay('sbatch', 'sbatch-drain.txt');
    await expect(transport.submit(REQUEST, false, SIGNAL)).rejects.toThrow(BackendUnavailableError);
    command('sbatch', 'exit 1');
    await expect(transport.submit(REQUEST, false, SIGNAL)).rejects.toThrow(BackendUnclearError);
  });
});
