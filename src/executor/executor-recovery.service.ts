import { mkdir } from 'node:fs/promises';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CLIENT_CONFIG } from '../config/config.module';
import type { ClientConfig } from '../config/client-config';
import { wasClaimed } from './process/supervisor-record';
import { dirsOf } from './payload-files';
import { PayloadsRepository } from './payloads.repository';
import { RunnerService } from './runner.service';
import { TakeOver } from './take-over.service';

/** At start: every payload that an earlier executor left goes on from where it was. Done before the first request. */
@Injectable()
export class ExecutorRecovery implements OnApplicationBootstrap {
  constructor(
    private readonly payloads: PayloadsRepository,
    private readonly runner: RunnerService,
    private readonly takeOver: TakeOver,
    @Inject(CLIENT_CONFIG) private readonly config: ClientConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await mkdir(this.config.dataPath, { recursive: true });
    const foreign = await this.takeOver.run();
    foreign.running.forEach((payload) => this.runner.adoptForeign(payload));
    foreign.killed.forEach((payload) => this.runner.endForeign(payload));
    const running = new Set(foreign.running.map(({ id }) => id));
    const others = (await this.payloads.listLive()).filter(({ id }) => !running.has(id));
    for (const payload of others) {
      if (payload.status === 'Running' || wasClaimed(dirsOf(payload.loc).record)) {
        this.runner.adopt(payload);
      } else if (payload.killed) {
        await this.payloads.move(payload.id, 'Killed', { message: 'terminated before it started' });
      } else {
        this.runner.enqueue(payload);
      }
    }
  }
}
