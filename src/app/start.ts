import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ErrorFilter } from '../common/http/error-filter';
import { prepareDatabase } from '../database/prepare-database';
import { QuietLogger } from '../observability/quiet-logger';
import { stopOnSignals } from './stop-on-signals';

/** What differs between the two modes. */
export interface Mode {
  readonly module: DynamicModule;
  readonly dbPath: string;
  readonly host: string;
  readonly port: number;
  readonly warnings: readonly string[];
  readonly errorFilter: ErrorFilter;
  /** Adds what is not a controller. */
  readonly extend: (app: NestExpressApplication) => void;
  /** What to say once it listens. */
  readonly greeting: (url: string) => readonly string[];
}

/** Idle connections are kept this long; servers and portals close theirs sooner. */
const KEEP_ALIVE_MS = 65_000;

/** Starts the program in one mode; resolves when it listens. */
export async function start(mode: Mode): Promise<void> {
  await prepareDatabase(mode.dbPath);
  const app = await NestFactory.create<NestExpressApplication>(mode.module, { bodyParser: false, bufferLogs: true });
  app.useLogger(app.get(QuietLogger));
  app.disable('x-powered-by');
  app.disable('etag');
  app.useGlobalFilters(mode.errorFilter);
  mode.extend(app);
  stopOnSignals(app);

  const server = app.getHttpServer();
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // Uploads may take long: they have a limit of progress instead.
  server.requestTimeout = 0;
  await app.listen(mode.port, mode.host);

  const { address, port, family } = server.address() as AddressInfo;
  const logger = new Logger('Start');
  mode.warnings.forEach((warning) => logger.warn(warning));
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  mode.greeting(url).forEach((line) => logger.log(line));
}
