import { createServer } from 'node:net';

// Below the range from which the kernel takes the ports of outgoing connections: one of those could grab a port of ours
// between the choice and the start of the program.
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** A TCP port on which nobody listens now, on any address. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await isFree(port)) {
      return port;
    }
  }
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '0.0.0.0' }, () => server.close(() => resolve(true)));
  });
}
