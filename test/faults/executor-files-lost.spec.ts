import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually';
import { Executor, expectPayload } from '../support/executor';
import { Pair } from '../support/pair';
import { RunLog } from '../support-jobs/run-log';
import { ended } from '../support-jobs/endings';
import { killClientTree, startClientWith } from '../support-faults/faulty-pair';

describe('an executor whose disk did not outlive its database', () => {
  it('never passes a missing directory on as results, and gives them when it is back', async () => {
    const executor = await Executor.start();
    try {
      const id = await executor.submitted('echo result > out');
      await executor.fetched(id);
      const data = join(executor.home, 'data');
      renameSync(data, `${data}.away`);
      mkdirSync(data);
      const { message } = expectPayload(await executor.get(`/retrieve/${id}`), 500);
      expect(message).toBe(`the files of payload ${id} are not there any more`);
      rmSync(data, { recursive: true });
      renameSync(`${data}.away`, data);
      expect((await executor.fetched(id)).text('out')).toBe('result\n');
    } finally {
      await executor.stop();
    }
  });

  it('fails a payload that waited to run, with the reason, in place of calling it Invalid', async () => {
    const executor = await Executor.start({ MAX_CONCURRENT: '1' });
    try {
      const first = await executor.submitted('until [ -e go ]; do sleep 0.1; done');
      const second = await executor.submitted('true');
      const dirs = expectPayload(await executor.get(`/retrieve/${second}`), 200, { status: 'Prepared' }).loc;
      rmSync(dirs, { recursive: true });
      expect((await executor.post(`/kill/${first}`)).status).toBe(200);
      const { message } = await executor.reaches(second, 'Failed');
      expect(message).toMatch(/the files of payload \d+ are not there any more/);
    } finally {
      await executor.stop();
    }
  });

  it('does not run a job again whose record of being started is lost', async () => {
    const pair = await Pair.start();
    try {
      const log = new RunLog(pair.shared);
      const id = await pair.submit(log.gatedScript('once', 'never'));
      await eventually(async () => (await pair.job(id)).status === 'Running');
      await eventually(() => log.running().length === 1);
      await killClientTree(pair);
      removeRecords(pair.clientData);
      await startClientWith(pair, {});
      const { status, message } = await ended(pair, id);
      expect(status).toBe('Failed');
      expect(message).toMatch(/supervisor lost/);
      expect(log.started('once')).toHaveLength(1);
    } finally {
      await pair.stop();
    }
  });
});

function removeRecords(data: string): void {
  const payloads = readdirSync(data).filter((name) => name.endsWith('.run'));
  expect(payloads).toHaveLength(1);
  payloads.forEach((name) => rmSync(join(data, name, 'record')));
}
