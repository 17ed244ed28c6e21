import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type BackendModule, BackendPackagesModule } from '../../backends/backend-modules';
import { BackendRegistry } from '../../backends/backend-registry';
import { BackendsModule } from '../../backends/backends.module';
import { loadBackendModules } from '../../backends/load-backend-modules';
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
  static with(config: ServerConfig, backends: readonly BackendModule[]): DynamicModule {
    const imports = [ConfigModule.forServer(config), BackendPackagesModule.with(backends), BackendsModule];
    return { module: CheckModule, imports };
  }
}

/**
 * Asks the backend of each service what the server asks before it hands a job over, all at the same time.
 * @throws ConfigError with what backends say of their settings, and of BACKEND_MODULES
 */
export async function checkServices(config: ServerConfig): Promise<Finding[]> {
  const backends = await loadBackendModules(config.backendModules, process.cwd());
  const app = await NestFactory.createApplicationContext(CheckModule.with(config, backends), {
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
  if (!service.native) {
    return checkReady(what, service, registry);
  }
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

/** A service on a backend that has no address of its own in the configuration. */
async function checkReady(what: string, { name, backend }: ServiceConfig, registry: BackendRegistry): Promise<Finding> {
  try {
    await registry.of(name)?.ready(name, AbortSignal.timeout(ANSWER_MS));
    return ok(what, `backend ${backend}`);
  } catch (error) {
    return fault(what, `backend ${backend}: ${messageOf(error)}`);
  }
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
