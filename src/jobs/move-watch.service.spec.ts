import { JobEvents } from './job-events';
import { MoveWatch } from './move-watch.service';

const FAR_MS = 300_000;
const never = new AbortController().signal;

describe('MoveWatch', () => {
  it('wakes whoever waits for the job that moves, and nobody else', async () => {
    const events = new JobEvents();
    const watch = new MoveWatch(events);
    let others = 0;
    void watch.next(2, FAR_MS, never).then(() => others++);
    const two = Promise.all([watch.next(1, FAR_MS, never), watch.next(1, FAR_MS, never)]);
    events.moved.next({ id: 1, userId: 1, service: 'example', from: 'Running', to: 'Completed' });
    await two;
    expect(others).toBe(0);
    watch.onModuleDestroy();
  });

  it('ends waits that are under way when the server stops, and those that begin then', async () => {
    const watch = new MoveWatch(new JobEvents());
    const before = watch.next(1, FAR_MS, never);
    watch.onModuleDestroy();
    await before;
    await watch.next(1, FAR_MS, never);
  });

  it('ends when its signal aborts, also one that has aborted before', async () => {
    const watch = new MoveWatch(new JobEvents());
    const gone = new AbortController();
    const waiting = watch.next(1, FAR_MS, gone.signal);
    gone.abort();
    await waiting;
    await watch.next(1, FAR_MS, gone.signal);
    watch.onModuleDestroy();
  });
});
