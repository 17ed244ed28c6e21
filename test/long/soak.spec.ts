import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const SECONDS = process.env.TEST_LONG === 'short' ? 180 : 600;
const JOBS = SECONDS * 2;
/** Fixed, so that a red run can be had again. */
const SEED = 20;
const SOAK = resolve(__dirname, '../../scripts/soak.mjs');

it(`${JOBS} jobs under ${SECONDS} s of random kills and cuts end once, ran once, exceeded no quota and left nothing`, async () => {
  const args = [SOAK, '--seconds', String(SECONDS), '--jobs', String(JOBS), '--seed', String(SEED)];
  const soak = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [soak.stdout, soak.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(soak, 'close')) as [number | null];
  console.log(output);
  expect({ code, output }).toMatchObject({ code: 0 });
}, 1_200_000);
