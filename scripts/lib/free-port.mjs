import { createServer } from 'node:net';
import { once } from 'node:events';

// Below the range from which the kernel takes the ports of outgoing connections.
const LASTING = { low: 20_000, high: 32_000 };

/** As many different free ports of the loopback address as asked for; all are held until the last is known. */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** The same for programs that are stopped and started again: no outgoing connection takes such a port meanwhile. */
export async function lastingPorts(count) {
  const ports = [];
  while (ports.length < count) {
    const port = LASTING.low + Math.floor(Math.random() * (LASTING.high - LASTING.low));
    if (!ports.includes(port) && (await isFree(port))) ports.push(port);
  }
  return ports;
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });
}
