import { Portal } from './portal';

/** A portal of a server that is known by its address. */
export class ServerPortal extends Portal {
  constructor(protected readonly serverUrl: string) {
    super('example');
  }
}
