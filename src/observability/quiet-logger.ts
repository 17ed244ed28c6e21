import { Injectable } from '@nestjs/common';
import { Logger } from 'nestjs-pino';

/** Who tells at length what every start has in common. */
const FRAMEWORK = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

/** The application's logger; what the framework says of its own start is for debugging. */
@Injectable()
export class QuietLogger extends Logger {
  override log(message: unknown, ...optionalParams: unknown[]): void {
    const context = optionalParams.at(-1);
    if (typeof context === 'string' && FRAMEWORK.has(context)) {
      this.debug(message, ...optionalParams);
    } else {
      super.log(message, ...(optionalParams as [unknown]));
    }
  }
}
