import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

/** In a process of its own, whose memory nobody else uses. */
const PROGRAM = `
  const { buffersPassed } = require(process.argv[1]);
  const pass = (told) => {
    let most = 0;
    for (let at = 0; at < 8192; at++) {
      const buffer = Buffer.allocUnsafeSlow(65536);
      for (let page = 0; page < 65536; page += 4096) buffer[page] = 1;
      if (told) buffersPassed(buffer.length);
      most = Math.max(most, process.memoryUsage().arrayBuffers);
    }
    return most;
  };
  console.log(JSON.stringify([pass(true), pass(false)]));
`;

it('memory of half a gigabyte of streamed buffers stays within 24 MB when it is told of them', () => {
  const build = resolve(__dirname, '../../dist/common/dead-buffers.js');
  const [told, untold] = JSON.parse(execFileSync(process.execPath, ['-e', PROGRAM, build], { encoding: 'utf8' })) as [
    number,
    number,
  ];
  expect(told).toBeLessThan(24 * 1024 * 1024);
  // Else this test, and the module, have lost their point.
  expect(untold).toBeGreaterThan(told);
});
