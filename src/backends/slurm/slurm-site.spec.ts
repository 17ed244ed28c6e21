import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { sightOf, ToldSlurm } from '../../../test/support-slurm/told-slurm';
import { readServerConfig } from '../../config/server-config';
import type { JobSubmission } from '../backend';
import { BackendRejectedError, BackendUnavailableError, BackendUnclearError } from '../backend.errors';
import { JobReporter } from './job-reporter';
import { SlurmCluster } from './slurm-cluster';
import { SlurmLimitError } from './slurm-errors';
import { SlurmSite } from './slurm-site';
import { readSlurmServices } from './slurm.config';

const { signal } = new AbortController();
let root: string;
let workDir: string;
let slurm: ToldSlurm;
let site: SlurmSite;
beforeAll(() => {
  Logger.overrideLogger(false);
});
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slurm-site-'));
  workDir = join(root, 'work');
  [workDir, join(root, 'input')].forEach((path) => mkdirSync(path));
  writeFileSync(join(root, 'input', 'run.sh'), 'echo hello\n');
  const env = { SERVICE_X_BACKEND: 'slurm', SERVICE_X_SLURM_WORKDIR: workDir };
  const [service] = readSlurmServices([...readServerConfig(env).services.values()]);
  slurm = new ToldSlurm();
  const cluster = new SlurmCluster(slurm);
  site = new SlurmSite(service!, cluster, new JobReporter(cluster));
});
afterEach(() => rmSync(root, { recursive: true }));

function job(key: string, walltimeMs: number | null = null): JobSubmission {
  const inputDir = join(root, 'input');
  return { id: 1, key, service: 'x', inputDir, walltimeMs, isWalltimeDefault: false, cpus: null, memoryMiB: null };
}

async function submitted(key: string, jobId: number): Promise<void> {
  slurm.onSubmit = () => jobId;
  await site.submit(job(key), signal);
  slurm.jobs.push(sightOf(jobId, `jo-${key}`, 'RUNNING'));
}

describe('a service on SLURM', () => {
  it('cancels by name: an id may be that of another job by now', async () => {
    await submitted('keyA', 57);
    slurm.jobs = [sightOf(57, 'jo-keyB', 'RUNNING')];
    await site.terminate('keyA', 57, signal);
    expect(slurm.cancelled).toEqual([]);
    slurm.jobs.push(sightOf(58, 'jo-keyA', 'RUNNING'));
    await site.terminate('keyA', 57, signal);
    expect(slurm.cancelled).toEqual([58]);
  });

  it('does not say that a job has ended, or is absent, that may be in what it could not read', async () => {
    await submitted('keyA', 57);
    slurm.jobs = [];
    slurm.unreadable = ['"garbage"'];
    await expect(site.terminate('keyA', 57, signal)).rejects.toMatchObject({
      code: 'backend-unclear',
      retryable: true,
    });
    slurm.onSubmit = () => {
      throw new BackendUnclearError('no answer', true);
    };
    await expect(site.submit(job('keyB'), signal)).rejects.toThrow('no answer');
    const handle = { id: 1, key: 'keyB', service: 'x' };
    await expect(site.find(handle, signal)).rejects.toMatchObject({ code: 'backend-unclear', retryable: true });
    slurm.unreadable = [];
    slurm.accounting = { jobs: [], unreadable: ['"garbage"'] };
    await expect(site.find(handle, signal)).rejects.toMatchObject({ code: 'backend-unclear', retryable: true });
    slurm.accounting = null;
    expect(await site.find(handle, signal)).toBeNull();
    await site.terminate('keyA', 57, signal);
  });

  it('leaves nothing of a job that is terminated by its key alone, but the mark that it was', async () => {
    await submitted('keyA', 57);
    await site.terminate('keyA', null, signal);
    expect([slurm.cancelled, readdirSync(workDir)]).toEqual([[57], ['.terminated']]);
    await site.terminate('keyA', null, signal);
    await expect(site.submit(job('keyA'), signal)).rejects.toThrow(BackendRejectedError);
    expect(readdirSync(workDir)).toEqual(['.terminated']);
  });

  it('keeps the files of a terminated job that is released by its ref, or had ended by itself', async () => {
    await submitted('keyA', 57);
    await site.terminate('keyA', 57, signal);
    await submitted('keyB', 58);
    const { paths } = site.directoryOf('keyB');
    writeFileSync(paths.exit, '58 script 0 .\n');
    slurm.jobs = [sightOf(58, 'jo-keyB', 'COMPLETED')];
    await site.terminate('keyB', null, signal);
    expect([existsSync(site.directoryOf('keyA').paths.root), existsSync(paths.root)]).toEqual([true, true]);
  });

  it('has handed a job over that SLURM took, though the disk would not note it', async () => {
    slurm.onSubmit = () => {
      mkdirSync(join(site.directoryOf('keyA').paths.job, 'in the way'), { recursive: true });
      return 57;
    };
    expect(await site.submit(job('keyA'), signal)).toMatchObject({ jobId: 57 });
    slurm.jobs.push(sightOf(57, 'jo-keyA', 'RUNNING'));
    expect(await site.find({ key: 'keyA', service: 'x' }, signal)).toMatchObject({ jobId: 57 });
  });

  it('leaves nothing of a job of which the disk would not note that SLURM is to be asked', async () => {
    const { paths } = site.directoryOf('keyA');
    mkdirSync(join(paths.asked, 'in the way'), { recursive: true });
    mkdirSync(paths.run);
    await expect(site.submit(job('keyA'), signal)).rejects.toThrow(BackendUnavailableError);
    expect([slurm.submitted, readdirSync(workDir)]).toEqual([[], []]);
  });

  it.each([
    new BackendRejectedError('Requested time limit is invalid'),
    new SlurmLimitError('Requested time limit is invalid'),
  ])('asks for more time than the script may run, unless that is what SLURM refuses (%s)', async (refusal) => {
    slurm.onSubmit = ({ minutes }) => {
      if ((minutes ?? 0) > 60) {
        throw refusal;
      }
      return 57;
    };
    expect(await site.submit(job('keyA', 3_600_000), signal)).toMatchObject({ jobId: 57 });
    expect(slurm.submitted.map(({ minutes }) => minutes)).toEqual([61, 60]);
    await expect(site.submit(job('keyB', 3_700_000), signal)).rejects.toThrow('Requested time limit is invalid');
    expect(readdirSync(workDir)).toEqual(['keyA']);
  });
});
