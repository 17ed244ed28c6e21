import { eventually } from '../support/eventually';
import { Pair } from '../support/pair';

/** A line of the log as it stands there, and as it is read. */
function linesOf(log: string): { text: string; line: Record<string, unknown> }[] {
  return log
    .split('\n')
    .filter((text) => text.startsWith('{'))
    .map((text) => ({ text, line: JSON.parse(text) as Record<string, unknown> }));
}

describe('the log', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start({ services: { example: { maxRuns: 1, runsPerUser: 1 } } });
  });
  afterAll(() => pair.stop());

  it('a line carries the ids of the job that it concerns, and never those of the request that set it off', async () => {
    const ids = [await pair.submit('sleep 0.3'), await pair.submit({ 'no-script': 'x' }), await pair.submit('exit 3')];
    for (const id of ids) {
      await pair.waitFor(id, ['Completed', 'Invalid', 'Failed']);
    }
    const ends = await eventually(() => {
      const found = linesOf(pair.server.log()).filter(({ line }) => String(line.msg).startsWith('job ended'));
      return found.length === ids.length && found;
    });
    expect(ends.map(({ line }) => line.jobId).sort()).toEqual(ids);
    for (const { text, line } of ends) {
      expect(text.match(/"jobId":/g)).toHaveLength(1);
      expect(line).not.toHaveProperty('requestId');
    }
  });

  it("an executor's lines carry its own id and the server's", async () => {
    const id = await pair.submit('exit 4');
    await pair.waitFor(id, 'Failed');
    const told = linesOf(pair.client.log()).filter(({ line }) => line.jobId === id);
    const texts = told.map(({ line }) => String(line.msg));
    expect(texts).toEqual(expect.arrayContaining(['payload started', 'payload ended Failed: exit code 4']));
    expect(texts).toEqual(expect.arrayContaining([expect.stringMatching(/^POST \/submit 200/)]));
    expect(told.every(({ line }) => typeof line.payloadId === 'number')).toBe(true);
  });

  it('a field of the upload that counts may not be there twice', async () => {
    const parts = [...pair.textParts(), { name: 'user_id', content: '2' }];
    const answer = await pair.uploadParts(parts);
    expect(answer.status).toBe(400);
    expect(answer.json<{ message: string }>().message).toBe('user_id: is in the form more than once');
  });
});
