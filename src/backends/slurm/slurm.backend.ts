import { basename, dirname } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { archiveDirectory } from '../../common/archive/archive-directory';
import { abortable } from '../../common/abortable';
import { messageOf } from '../../common/errors';
import { ConfigError } from '../../config/config-error';
import { SERVER_CONFIG } from '../../config/config.module';
import type { ServerConfig } from '../../config/server-config';
import { NOTE_NAME } from '../../workload/archive-note';
import type {
  Backend,
  BackendCapabilities,
  BackendRef,
  BackendReport,
  FetchScope,
  JobHandle,
  JobSubmission,
} from '../backend';
import { bareReport } from '../bare-report';
import { BackendProvider } from '../backend-provider';
import { BackendLostJobError, BackendUnavailableError } from '../backend.errors';
import { type AskedJob, JobReporter } from './job-reporter';
import { PatientReads } from './patient-reads';
import { readRecords, type RunRecords } from './run-records';
import { SlurmCluster } from './slurm-cluster';
import { decodeRef, encodeRef } from './slurm-ref';
import { onDisk, SlurmSite } from './slurm-site';
import { readSlurmServices, SLURM, SLURM_VARIABLES, type SlurmService } from './slurm.config';
import { checkWorkDirectory } from './work-directory';
import { callsOn } from './work-directory-calls';
import { WorkDirectorySweeper } from './work-directory-sweeper';
import { CliTransport } from './cli/cli-transport';
import { RestTransport } from './rest/rest-transport';
import { tokenFault } from './rest/token-file';

const CAPABILITIES: BackendCapabilities = {
  findsByKey: true,
  partialResults: true,
  exitCodes: true,
  walltime: true,
  resources: true,
};

/** Clusters run by SLURM, by its commands or by slurmrestd. */
@Injectable()
@BackendProvider(SLURM)
export class SlurmBackend implements Backend, OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(SlurmBackend.name);
  private readonly sites = new Map<string, SlurmSite>();
  /** Each once, of however many services. */
  readonly clusters: ReadonlySet<SlurmCluster>;
  /** Of all services on commands; `null`: there are none. */
  private cli: CliTransport | null = null;
  /** Of jobs whose files are wanted; `null`: there is no directory. */
  private readonly looks = new PatientReads<RunRecords | null>();
  private readonly sweeping = new AbortController();

  /** @throws ConfigError with every fault of every service on SLURM */
  constructor(@Inject(SERVER_CONFIG) private readonly config: ServerConfig) {
    const clusters = new Map<string, { cluster: SlurmCluster; reporter: JobReporter }>();
    const services = [...config.services.values()].filter(({ backend }) => backend === SLURM);
    for (const service of readSlurmServices(services)) {
      const key = clusterKey(service);
      const known = clusters.get(key) ?? this.open(service);
      clusters.set(key, known);
      this.sites.set(service.name, new SlurmSite(service, known.cluster, known.reporter));
    }
    this.clusters = new Set([...clusters.values()].map(({ cluster }) => cluster));
  }

  /** @throws ConfigError for what can be seen now: commands that are missing, work directories that can't be used */
  async onModuleInit(): Promise<void> {
    const faults: string[] = [];
    const sites = [...this.sites.values()];
    const onCli = sites.find(({ service }) => service.rest === null);
    const missing = (await this.cli?.findPrograms()) ?? [];
    if (onCli && missing.length > 0) {
      const programs = missing.join(', ');
      faults.push(`${variable(onCli.service, 'transport')}: cli, but there is no ${programs} on the server's PATH`);
    }
    for (const { service } of sites) {
      const check = await checkWorkDirectory(service.workDir, this.config.dataPath);
      if ('fault' in check) {
        faults.push(`${variable(service, 'workDir')}: ${JSON.stringify(service.workDir)} ${check.fault}`);
      } else {
        this.logger.log(`service ${service.name}: work directory ${service.workDir}, ${check.limits}`);
      }
    }
    const refusals = new Map<SlurmCluster, Promise<string | null>>();
    for (const { service, cluster } of sites) {
      const refusal = refusals.get(cluster) ?? cluster.refusal();
      refusals.set(cluster, refusal);
      const fault = service.rest && ((await tokenFault(service.rest.tokenFile, service.rest.user)) ?? (await refusal));
      if (fault !== null) {
        faults.push(`${variable(service, 'tokenFile')}: ${JSON.stringify(service.rest?.tokenFile)} ${fault}`);
      }
    }
    if (faults.length > 0) {
      throw new ConfigError(faults);
    }
    for (const cluster of this.clusters) {
      // Jobs wait for a cluster that is away: no reason not to start.
      cluster.ready().catch((error: unknown) => this.logger.warn(messageOf(error)));
    }
    void new WorkDirectorySweeper(sites).run(this.sweeping.signal);
  }

  onModuleDestroy(): void {
    this.sweeping.abort();
    this.clusters.forEach((cluster) => cluster.stop());
  }

  capabilities(): BackendCapabilities {
    return CAPABILITIES;
  }

  async ready(service: string, signal: AbortSignal): Promise<void> {
    await abortable(this.site(service).cluster.ready(), signal);
  }

  async submit(job: JobSubmission, signal: AbortSignal): Promise<BackendRef> {
    return encodeRef(await abortable(this.site(job.service).submit(job, signal), signal));
  }

  async find(job: JobHandle, signal: AbortSignal): Promise<BackendRef | 'absent'> {
    const found = await abortable(this.site(job.service).find(job, signal), signal);
    return found === null ? 'absent' : encodeRef(found);
  }

  async poll(refs: readonly BackendRef[], signal: AbortSignal): Promise<ReadonlyMap<BackendRef, BackendReport>> {
    const reports = new Map<BackendRef, BackendReport>();
    const byReporter = new Map<JobReporter, AskedJob[]>();
    for (const ref of refs) {
      try {
        const at = decodeRef(ref);
        const { reporter, service } = this.site(at.service);
        byReporter.set(reporter, [...(byReporter.get(reporter) ?? []), { ref, at, workDir: service.workDir }]);
      } catch (error) {
        reports.set(ref, bareReport('unclear', messageOf(error)));
      }
    }
    await Promise.all(
      [...byReporter].map(async ([reporter, jobs]) => {
        (await abortable(reporter.report(jobs), signal)).forEach((report, ref) => reports.set(ref, report));
      }),
    );
    return reports;
  }

  async fetch(ref: BackendRef, scope: FetchScope, signal: AbortSignal): Promise<Readable> {
    const { service, key } = decodeRef(ref);
    const directory = this.site(service).directoryOf(key);
    const { root, work } = directory.paths;
    const look = () =>
      this.looks.read(root, async () => ((await directory.exists()) ? readRecords(directory.paths) : null));
    const records = await abortable(onDisk(look), signal);
    if (records === null) {
      throw new BackendLostJobError("the job's directory is gone");
    }
    // A job that has ended is at rest, whichever of its files are wanted.
    const live = scope === 'partial' && records.exit === null;
    const options = { live, noteName: NOTE_NAME, below: basename(work), calls: callsOn(dirname(root)) };
    return addAbortSignal(signal, archiveDirectory(root, options));
  }

  async terminate(job: JobHandle, ref: BackendRef | null, signal: AbortSignal): Promise<void> {
    const jobId = ref === null ? null : decodeRef(ref).jobId;
    await abortable(this.site(job.service).terminate(job.key, jobId, signal), signal);
  }

  async release(ref: BackendRef, signal: AbortSignal): Promise<void> {
    const at = decodeRef(ref);
    const site = this.site(at.service);
    try {
      signal.throwIfAborted();
      await abortable(
        onDisk(() => site.directoryOf(at.key).remove()),
        signal,
      );
    } finally {
      // Also of a directory that stays: the sweep for orphans is what removes it then.
      site.reporter.forget(at, ref);
    }
  }

  pollEveryMs(service: string): number {
    return this.site(service).cluster.pollEveryMs;
  }

  private open({ rest }: SlurmService): { cluster: SlurmCluster; reporter: JobReporter } {
    const cluster = new SlurmCluster(
      rest === null ? (this.cli = new CliTransport(process.env)) : new RestTransport(rest),
    );
    return { cluster, reporter: new JobReporter(cluster) };
  }

  private site(service: string): SlurmSite {
    const site = this.sites.get(service);
    if (!site) {
      throw new BackendUnavailableError(`service ${service} is not configured for SLURM any more`);
    }
    return site;
  }
}

/** The same for services that reach the same cluster in the same way, with the same rights. Holds a password. */
function clusterKey({ rest }: SlurmService): string {
  return rest === null ? 'cli' : JSON.stringify([rest.user, rest.url, rest.url.authorization, rest.tokenFile]);
}

function variable(service: SlurmService, key: keyof typeof SLURM_VARIABLES): string {
  return SLURM_VARIABLES[key].name.replace('<NAME>', service.name.toUpperCase());
}
