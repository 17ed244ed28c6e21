// Portals that ask how their jobs are.

import { Connection } from '../connection.mjs';
import { pollRequest } from './requests.mjs';

/** Share of the measured time that goes before it. */
const WARM_UP = 1 / 3;
/** Width of a class of the histogram. */
const CLASS_MS = 0.01;
const CLASSES = 1_000_000;

/** Polls the jobs `ids` in turn over `connections` connections, each as soon as its last answer is there. */
export async function poll({ port, ids, connections, ms }) {
  const requests = ids.map(pollRequest);
  const counts = new Uint32Array(CLASSES);
  let count = 0;
  let state = 'warming up';
  let cpu;
  const loops = Array.from({ length: connections }, (_, index) => {
    const connection = new Connection(port);
    let next = index;
    return new Promise((resolve, reject) => {
      let sentAt;
      const ask = () => {
        sentAt = performance.now();
        connection.send(requests[next++ % requests.length], onAnswer, onError);
      };
      const onAnswer = (answer) => {
        if (answer.status !== 200) return onError(new Error(`a poll was answered ${answer.status}`));
        if (state === 'measuring') {
          count++;
          counts[Math.min(CLASSES - 1, Math.floor((performance.now() - sentAt) / CLASS_MS))]++;
        }
        return state === 'over' ? resolve() : ask();
      };
      const onError = (error) => {
        state = 'over';
        reject(error);
      };
      ask();
    }).finally(() => connection.close());
  });
  const all = Promise.all(loops);
  const during = (ms) => Promise.race([all, new Promise((resolve) => setTimeout(resolve, ms))]);
  await during(ms * WARM_UP);
  state = 'measuring';
  cpu = process.cpuUsage();
  const beganAt = performance.now();
  await during(ms);
  const elapsedMs = performance.now() - beganAt;
  cpu = process.cpuUsage(cpu);
  state = 'over';
  await all;
  return {
    perSecond: (count / elapsedMs) * 1000,
    p99Ms: fromHistogram(counts, count, 0.99),
    // At 1 the load generator was the limit.
    loadShare: (cpu.user + cpu.system) / 1000 / elapsedMs,
  };
}

function fromHistogram(counts, total, share) {
  let seen = 0;
  for (let index = 0; index < CLASSES; index++) {
    seen += counts[index];
    if (seen >= share * total) return (index + 1) * CLASS_MS;
  }
  return CLASSES * CLASS_MS;
}
