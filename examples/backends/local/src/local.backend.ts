import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable, Module } from '@nestjs/common';
import * as jo from 'job-orchestrator/backend';

const DIRECTORY = jo.path(`${jo.backendPattern('local')}DIRECTORY`, 'server', 'Where jobs run.');
const VARIABLES = { directory: { ...DIRECTORY, default: './local-jobs' } };

const RUNNER = `
mkdir ../started || exit              # another runner has this job
[ ! -e ../terminated ] || exit
timeout --kill-after=5 "$1" bash run.sh </dev/null >${jo.STDOUT_NAME} 2>${jo.STDERR_NAME}
code=$? end="exit code $?"
[ $code != 0 ] || end=
[ $code != 124 ] || [ $SECONDS -lt "\${1%.*}" ] || end="ran longer than $1 s"
kill -KILL $(grep -lzsx "JOB_KEY=$JOB_KEY" /proc/[0-9]*/environ | cut -d/ -f3 | grep -vx $$)
echo "$code:$end" >../exit.part && mv ../exit.part ../exit`;

@Injectable()
@jo.BackendProvider('local')
export class LocalBackend implements jo.Backend {
  private readonly directories: ReadonlyMap<string, string>;
  readonly pollEveryMs = () => 500;

  constructor(@Inject(jo.SERVER_CONFIG) config: jo.ServerConfig) {
    this.directories = jo.readBackendSettings(config, 'local', VARIABLES, (reader, { directory }) =>
      reader.path(directory, process.cwd()),
    );
  }

  capabilities(): jo.BackendCapabilities {
    return { findsByKey: true, partialResults: true, exitCodes: true, walltime: true, resources: false };
  }

  async ready(service: string): Promise<void> {
    await mkdir(this.dirOf({ service, key: '.' }), { recursive: true }).catch(unavailable);
  }

  async submit(job: jo.JobSubmission, signal: AbortSignal): Promise<jo.BackendRef> {
    signal.throwIfAborted();
    const dir = this.dirOf(job);
    if (!(await marksOf(dir)).has('work')) await place(job, dir).catch(unavailable);
    const marks = await marksOf(dir);
    if (!marks.has('work')) throw new jo.BackendRejectedError('terminated before it came');
    signal.throwIfAborted();
    if (!marks.has('refused') && !marks.has('started')) await run(job, dir).catch(unavailable);
    return refOf(job);
  }

  async find(job: jo.JobHandle, signal: AbortSignal): Promise<jo.BackendRef | 'absent'> {
    signal.throwIfAborted();
    const isLive = await signalTo(job.key, '0');
    const marks = await marksOf(this.dirOf(job));
    return isLive || marks.has('started') || marks.has('refused') ? refOf(job) : 'absent';
  }

  async poll(refs: readonly jo.BackendRef[], signal: AbortSignal): Promise<Map<jo.BackendRef, jo.BackendReport>> {
    const unclear = (error: unknown) => jo.bareReport('unclear', jo.messageOf(error));
    const reports = refs.map(async (ref) => [ref, await this.report(ref).catch(unclear)] as const);
    return new Map(await jo.abortable(Promise.all(reports), signal));
  }

  private async report(ref: jo.BackendRef): Promise<jo.BackendReport> {
    const job = handleOf(ref);
    const isLive = await signalTo(job.key, '0');
    // Read afterwards: what has ended meanwhile has left its mark.
    const marks = await marksOf(this.dirOf(job));
    const read = (mark: string) => readFile(join(this.dirOf(job), mark), 'utf8');
    if (marks.has('refused')) return jo.bareReport('invalid', await read('refused'));
    if (marks.has('exit')) {
      const [code, message = ''] = (await read('exit')).trim().split(':');
      return { ...jo.bareReport(code === '0' ? 'completed' : 'failed', message), exitCode: Number(code) };
    }
    if (!marks.has('work')) return jo.bareReport('lost', 'its directory is gone');
    if (isLive) return jo.bareReport('running', '');
    if (marks.has('terminated')) return jo.bareReport('killed', jo.TERMINATED);
    if (!marks.has('started')) return jo.bareReport('waiting', '');
    return { ...jo.bareReport('failed', 'its processes are gone: has the machine restarted?'), isBackendFault: true };
  }

  async fetch(ref: jo.BackendRef, _scope: jo.FetchScope, signal: AbortSignal): Promise<Readable> {
    signal.throwIfAborted();
    const dir = this.dirOf(handleOf(ref));
    const marks = await marksOf(dir);
    if (!marks.has('work')) throw new jo.BackendLostJobError('its directory is gone');
    const options = { live: !marks.has('exit'), noteName: jo.NOTE_NAME };
    return addAbortSignal(signal, jo.archiveDirectory(join(dir, 'work'), options));
  }

  async terminate(job: jo.JobHandle, _ref: jo.BackendRef | null, signal: AbortSignal): Promise<void> {
    const dir = this.dirOf(job);
    if ((await marksOf(dir)).has('exit')) return;
    await mkdir(join(dir, 'terminated'), { recursive: true }).catch(unavailable);
    for (let look = 0; await signalTo(job.key, look === 0 ? 'TERM' : look < 50 ? '0' : 'KILL'); look++)
      await wait(100, undefined, { signal });
  }

  async release(ref: jo.BackendRef): Promise<void> {
    await rm(this.dirOf(handleOf(ref)), { recursive: true, force: true });
  }

  private dirOf({ service, key }: jo.JobHandle): string {
    return join(this.directories.get(service) ?? unavailable(`it runs no service ${service} any more`), key);
  }
}

const unavailable = (reason: unknown): never => {
  throw new jo.BackendUnavailableError(`local: ${jo.messageOf(reason)}`);
};
const refOf = ({ service, key }: jo.JobHandle) => `local:1:${service}:${key}` as jo.BackendRef;
function handleOf(ref: jo.BackendRef): jo.JobHandle {
  const [, service, key] = /^local:1:([a-z0-9_]+):([\w-][\w.-]*)$/.exec(ref) ?? [];
  if (!service || !key) throw new jo.BadBackendRefError(ref);
  return { service, key };
}

const marksOf = async (dir: string) =>
  new Set(await readdir(dir).catch((error) => (error.code === 'ENOENT' ? [] : unavailable(error))));

async function place(job: jo.JobSubmission, dir: string): Promise<void> {
  const part = await mkdtemp(`${dir}.`);
  for (const name of ['home', 'tmp']) await mkdir(join(part, name));
  await cp(job.inputDir, join(part, 'work'), { recursive: true });
  const script = await jo.prepareScript(join(part, 'work/run.sh'), { enabled: true, allow: [] });
  if ('refusal' in script) await writeFile(join(part, 'refused'), script.refusal);
  else if (script.mended) await writeFile(join(part, 'work/run.sh'), script.mended);
  // Of two that come at the same time the second finds the place taken.
  await rename(part, dir).catch(() => rm(part, { recursive: true }));
}

async function run({ id, key, walltimeMs }: jo.JobSubmission, dir: string): Promise<void> {
  const identity = { id: String(id), key, homeDir: join(dir, 'home'), tmpDir: join(dir, 'tmp') };
  const place = { cwd: join(dir, 'work'), env: jo.jobEnvironment(identity, process.env, []) };
  const args = ['-c', RUNNER, 'runner', String((walltimeMs ?? 0) / 1000)];
  await once(spawn('bash', args, { ...place, detached: true, stdio: 'ignore' }), 'spawn');
}

async function signalTo(key: string, signal: string): Promise<boolean> {
  const script = 'kill -s "$2" $(grep -lzsx "JOB_KEY=$1" /proc/[0-9]*/environ | cut -d/ -f3)';
  const [code] = await once(spawn('bash', ['-c', script, 'signal', key, signal], { stdio: 'ignore' }), 'exit');
  return code === 0;
}

@Module({ providers: [LocalBackend] })
export default class LocalModule {}
