import { diesAtFailpoint } from '../support-faults/faulty-pair';
import { owning } from '../support-faults/owned';
import {
  closingConnections,
  idleExecutor,
  killedWhileHandingOver,
  outageAtTheEnd,
} from '../support-faults/timed-scenarios';
import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';

const own = owning();
const isShort = process.env.TEST_LONG === 'short';
const MiB = 1024 * 1024;
const FULL_LIMIT_MS = 1_200_000;

it(
  'case 47: 30 jobs of 50 MiB, some of them Processing when the server is killed',
  () => killedWhileHandingOver(own, 30, (isShort ? 2 : 50) * MiB),
  FULL_LIMIT_MS,
);

it('case 53: an executor after 15 idle minutes', () => idleExecutor(own, isShort ? 10_000 : 900_000), FULL_LIMIT_MS);

it(
  'case 58: 200 jobs over 10 minutes on connections that close at the pace of the polls',
  () => closingConnections(own, isShort ? 10 : 200, 1_000, isShort ? 1_000 : 3_000),
  FULL_LIMIT_MS,
);

it(
  'case 61: an outage of 60 s while ten jobs end',
  () => outageAtTheEnd(own, isShort ? 20_000 : 60_000),
  FULL_LIMIT_MS,
);

it('a server that is killed between the end of retention and the removal of files removes them when it starts again', async () => {
  const aged = await own(Pair.start({ server: { MAX_AGE: '1', FAILPOINT: 'cleanup:moved' } }));
  const id = await aged.submit('exit 1');
  await diesAtFailpoint(aged.server, 30_000);
  expect(aged.serverEntries()).toHaveLength(1);
  await aged.restartServer({ server: {} });
  expect((await aged.job(id)).status).toBe('Cleaned');
  await eventually(() => aged.serverEntries().length === 0, { timeoutMs: 30_000 });
}, 120_000);
