import { Inject, Injectable } from '@nestjs/common';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig } from '../config/server-config';
import { ServiceQueue, type ServiceLimits } from './service-queue';

/** A service that is configured no longer: its waiting jobs stay, and none is handed over. */
const CLOSED: ServiceLimits = { maxRuns: 0, runsPerUser: 0 };

/** The queues of all services. A mirror of the database in memory, kept true by the dispatcher from job events. */
@Injectable()
export class QuotaBook {
  private readonly queues = new Map<string, ServiceQueue>();

  constructor(@Inject(SERVER_CONFIG) private readonly config: ServerConfig) {}

  of(service: string): ServiceQueue {
    let queue = this.queues.get(service);
    if (!queue) {
      queue = new ServiceQueue(this.config.services.get(service) ?? CLOSED);
      this.queues.set(service, queue);
    }
    return queue;
  }
}
