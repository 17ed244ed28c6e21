import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { BackendRegistry } from '../backends/backend-registry';
import { delay } from '../common/delay';
import { messageOf } from '../common/errors';
import { SERVER_CONFIG } from '../config/config.module';
import type { ServerConfig, ServiceConfig } from '../config/server-config';
import { Dispatcher } from '../dispatch/dispatcher.service';
import { QuotaBook } from '../quotas/quota-book';
import { ServiceDto } from './dto/service.dto';
import { WishesKept } from './wishes-kept.service';

/** A backend that has not answered lately is asked, and gets this long; people and health checks wait for the list. */
const ANSWER_WITHIN_MS = 1_500;

/** What the server says of its services. A reason says no more than the message of a waiting job, and no credentials. */
@Injectable()
export class DescribeServices implements OnModuleDestroy {
  private readonly stopping = new AbortController();

  constructor(
    private readonly backends: BackendRegistry,
    private readonly quotas: QuotaBook,
    private readonly dispatcher: Dispatcher,
    private readonly wishesKept: WishesKept,
    @Inject(SERVER_CONFIG) private readonly config: ServerConfig,
  ) {}

  onModuleDestroy(): void {
    this.stopping.abort();
  }

  /** All services, asked at the same time. */
  async list(): Promise<ServiceDto[]> {
    return Promise.all([...this.config.services.values()].map((service) => this.describe(service)));
  }

  private async describe(service: ServiceConfig): Promise<ServiceDto> {
    const { name } = service;
    const unreachable = await this.whyUnreachable(name);
    const { active, waiting } = this.quotas.of(name);
    return ServiceDto.from(service, this.wishesKept.now(name), {
      active,
      waiting,
      isReachable: unreachable === null,
      // Of a queue that is empty the dispatcher may know only how it once was.
      fault: unreachable ?? (waiting > 0 ? this.dispatcher.refusalOf(name) : null),
    });
  }

  private async whyUnreachable(service: string): Promise<string | null> {
    const backend = this.backends.of(service);
    if (!backend) {
      return 'it has no backend';
    }
    const patience = new AbortController();
    // Others may share the question, so it goes on when this caller has lost patience.
    const answer = backend.ready(service, this.stopping.signal).then(
      () => null,
      (error: unknown) => messageOf(error),
    );
    const silence = delay(ANSWER_WITHIN_MS, patience.signal).then(() => `no answer within ${ANSWER_WITHIN_MS} ms`);
    try {
      return await Promise.race([answer, silence]);
    } finally {
      patience.abort();
    }
  }
}
