import { Injectable } from '@nestjs/common';
import { Logger } from 'nestjs-pino';

/** Who tells at length what every start has in common. */
const FRAMEWORK = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

/** The application's logger; what the framework says of its own start is for debugging. */
@Injectable()
export class QuietLogger extends Logger {
  /** What the framework says of a start that failed, whoever started it says better. */
  override error(message: unknown, ...optionalParams: unknown[]): void {
    if (optionalParams.at(-1) === 'NestApplication') {
      this.debug(message, ...optionalParams);
    } else {
      super.error(message, ...(optionalParams as [unknown]));
    }
  }

  override log(message: unknown, ...optionalParams: unknown[]): void {
    const context = optionalParams.at(-1);
    if (typeof context === 'string' && FRAMEWORK.has(context)) {
      this.debug(message, ...optionalParams);
    } else {
      super.log(message, ...(optionalParams as [unknown]));
    }
  }
}
