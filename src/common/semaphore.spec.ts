import { Semaphore } from './semaphore';

/** Tasks that end when told to. */
class Tasks {
  readonly begun: number[] = [];
  private readonly ends = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();

  task(number: number): () => Promise<number> {
    return () => {
      this.begun.push(number);
      return new Promise((resolve, reject) => this.ends.set(number, { resolve: () => resolve(number), reject }));
    };
  }

  end(number: number): void {
    this.ends.get(number)!.resolve();
  }

  fail(number: number): void {
    this.ends.get(number)!.reject(new Error(`task ${number}`));
  }
}

/** Lets everything go on that can. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('Semaphore', () => {
  it('runs no more at a time than it may, the others in the order in which they came', async () => {
    const tasks = new Tasks();
    const semaphore = new Semaphore(2);
    const results = [1, 2, 3, 4].map((number) => semaphore.run(tasks.task(number)));
    await turn();
    expect(tasks.begun).toEqual([1, 2]);
    tasks.end(2);
    await turn();
    expect(tasks.begun).toEqual([1, 2, 3]);
    tasks.end(1);
    await turn();
    expect(tasks.begun).toEqual([1, 2, 3, 4]);
    tasks.end(3);
    tasks.end(4);
    expect(await Promise.all(results)).toEqual([1, 2, 3, 4]);
  });

  it('frees the place of a task that fails, and passes its error on', async () => {
    const tasks = new Tasks();
    const semaphore = new Semaphore(1);
    const first = semaphore.run(tasks.task(1));
    const second = semaphore.run(tasks.task(2));
    await turn();
    tasks.fail(1);
    await expect(first).rejects.toThrow('task 1');
    await turn();
    tasks.end(2);
    expect(await second).toBe(2);
    await expect(semaphore.run(() => Promise.reject(new Error('3')))).rejects.toThrow('3');
    expect(await semaphore.run(() => Promise.resolve(4))).toBe(4);
  });

  it('lets nobody who comes later slip in before who waits', async () => {
    const tasks = new Tasks();
    const semaphore = new Semaphore(1);
    const results = [semaphore.run(tasks.task(1)), semaphore.run(tasks.task(2))];
    await turn();
    tasks.end(1);
    await results[0];
    results.push(semaphore.run(tasks.task(3)));
    await turn();
    expect(tasks.begun).toEqual([1, 2]);
    tasks.end(2);
    await turn();
    tasks.end(3);
    await Promise.all(results);
  });
});
