import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BackendRegistry } from '../../backends/backend-registry';
import { BackendsModule } from '../../backends/backends.module';
import { discard, ExecutorHttp } from '../../backends/native/executor-http';
import { messageOf } from '../../common/errors';
import { ConfigModule } from '../../config/config.module';
import type { EndpointUrl } from '../../config/endpoint-url';
import { serviceVariableName } from '../../config/variables';
import type { ServerConfig, ServiceConfig } from '../../config/server-config';
import { fault, type Finding, ok } from './finding';

const ANSWER_MS = 10_000;

/** The backends without the server around them. */
@Module({})
class CheckModule {
  static with(config: ServerConfig): DynamicModule {
    return { module: CheckModule, imports: [ConfigModule.forServer(config), BackendsModule] };
  }
}

/** Asks the backend of each service what the server asks before it hands a job over, all at the same time. */
export async function checkServices(config: ServerConfig): Promise<Finding[]> {
  const app = await NestFactory.createApplicationContext(CheckModule.with(config), {
    logger: false,
    abortOnError: false,
  });
  try {
    const registry = app.get(BackendRegistry, { strict: false });
    const http = app.get(ExecutorHttp, { strict: false });
    return await Promise.all([...config.services.values()].map((service) => checkService(service, registry, http)));
  } finally {
    await app.close();
  }
}

async function checkService(service: ServiceConfig, registry: BackendRegistry, http: ExecutorHttp): Promise<Finding> {
  const what = `service ${service.name}`;
  const { upload } = service.native;
  const address = `${upload.origin}${pathOf(upload)}`;
  const variable = serviceVariableName(service.name.toUpperCase(), 'upload');
  try {
    await registry.of(service.name)?.ready(service.name, AbortSignal.timeout(ANSWER_MS));
  } catch (error) {
    const text = `${messageOf(error)}. Start its executor there (job-orchestrator client), or correct ${variable}`;
    return fault(what, `${address}: ${text}`);
  }
  const token = await statusOf(http, upload.sibling('load'));
  if (token === 401 || token === 403) {
    return fault(what, `${address}: it answers ${token}: EXECUTOR_TOKEN must be the same here and there`);
  }
  // A route that is there refuses a GET: 405.
  return (await statusOf(http, upload)) === 404
    ? fault(what, `${address}: it answers, but serves no ${pathOf(upload)}: correct ${variable}`)
    : ok(what, address);
}

/** `null` when there is no answer, which the question before has had. */
async function statusOf(http: ExecutorHttp, endpoint: EndpointUrl): Promise<number | null> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const request = { endpoint, path: endpoint.path, method: 'GET' as const };
    const answer = await http.request({ ...request, answerMs: ANSWER_MS, idleMs: ANSWER_MS, signal });
    await discard(answer);
    return answer.statusCode;
  } catch {
    return null;
  }
}

/** Without its query, which may hold a secret. */
function pathOf(endpoint: EndpointUrl): string {
  return endpoint.path.split('?')[0] ?? '';
}
