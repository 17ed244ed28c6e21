import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { errnoOf, OrchestratorError } from '../common/errors';
import { ErrorFilter } from '../common/http/error-filter';
import { prepareDatabase } from '../database/prepare-database';
import { QuietLogger } from '../observability/quiet-logger';
import { stopOnSignals } from './stop-on-signals';

/** Where a program listens. */
export interface Address {
  /** As it is bound: `http://0.0.0.0:5000`. */
  readonly bound: string;
  /** One that opens in a browser of this machine: `http://localhost:5000`. */
  readonly local: string;
}

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
  /** What to say once it listens, in five lines. */
  readonly greeting: (at: Address) => readonly string[];
}

/** Idle connections are kept this long; servers and portals close theirs sooner. */
const KEEP_ALIVE_MS = 65_000;

/** The address to listen on can't be had. Ends the start. */
export class ListenError extends OrchestratorError {
  readonly code = 'listen';
  readonly retryable = true;
}

/** Starts the program in one mode; resolves when it listens. */
export async function start(mode: Mode): Promise<void> {
  await prepareDatabase(mode.dbPath);
  const app = await NestFactory.create<NestExpressApplication>(mode.module, {
    bodyParser: false,
    bufferLogs: true,
    abortOnError: false,
  });
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
  await listen(app, mode);

  const logger = new Logger('Start');
  mode.warnings.forEach((warning) => logger.warn(warning));
  mode.greeting(addressOf(server.address() as AddressInfo)).forEach((line) => logger.log(line));
}

function addressOf({ address, port, family }: AddressInfo): Address {
  const isAny = address === '0.0.0.0' || address === '::';
  const bound = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  return { bound, local: isAny ? `http://localhost:${port}` : bound };
}

/** @throws ListenError saying which address can't be had */
async function listen(app: NestExpressApplication, { host, port }: Mode): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    const reason = LISTEN_FAULTS[errnoOf(error) ?? ''];
    throw reason === undefined ? error : new ListenError(`PORT ${port}, HOST ${host}: ${reason}`, { cause: error });
  }
}

const LISTEN_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there already',
  EACCES: 'not allowed; ports below 1024 are for root',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this host name is not known',
};
