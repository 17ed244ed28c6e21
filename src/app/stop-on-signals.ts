import { Logger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';

/** Whoever stops us (a container engine, systemd) kills after 10 s: leave before, whatever still hangs. */
const STOP_WITHIN_MS = 8_000;

/** On SIGTERM or SIGINT: stops cleanly and exits 0. Jobs live on, and go on at the next start. */
export function stopOnSignals(app: NestExpressApplication): void {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (isStopping) {
      return;
    }
    isStopping = true;
    const logger = new Logger('Stop');
    logger.log(`${signal}: stopping`);
    setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
    const closed = app.close();
    // Connections that wait for something (push channels, idle ones) would hold the close up for ever.
    setTimeout(() => app.getHttpServer().closeAllConnections(), 500).unref();
    closed.then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'the stop was not clean');
        process.exit(0);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
