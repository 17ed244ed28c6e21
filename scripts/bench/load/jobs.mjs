// Many small jobs, and one at a time.

import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '../connection.mjs';
import { quantile } from '../stats.mjs';
import { uploadRequest } from './requests.mjs';
import { idOf, until } from './states.mjs';

const LOOK_EVERY_MS = 5;
const LATENCY_LOOK_EVERY_MS = 2;
const INPUT = { name: 'input.txt', content: 'some input\n'.repeat(90) };

function filesOf(script) {
  return script === null ? [INPUT] : [{ name: 'run.sh', content: script }, INPUT];
}

/**
 * Uploads `jobs` jobs of `users` users over `connections` connections, as fast as they are accepted. Beside that, one
 * more connection follows them in their order until each is `wanted`; without `wanted` nobody asks.
 * @param options.script content of run.sh; null: the job has none
 * @param options.firstUser number of the first user
 */
export async function sendJobs({ port, service, users, jobs, connections, script, wanted, withinMs, firstUser = 1 }) {
  const requests = Array.from({ length: users }, (_, user) =>
    uploadRequest(service, firstUser + user, filesOf(script)),
  );
  const answeredMs = new Float64Array(jobs);
  const ids = [];
  let next = 0;
  let failure = null;
  const beganAt = performance.now();
  const deadline = beganAt + withinMs;

  const send = async () => {
    const connection = new Connection(port);
    try {
      while (next < jobs && !failure) {
        const index = next++;
        const sentAt = performance.now();
        const answer = await connection.ask(requests[index % users]);
        answeredMs[index] = performance.now() - sentAt;
        ids.push(idOf(answer));
        if (performance.now() > deadline) throw new Error(`${ids.length} of ${jobs} jobs were accepted in time`);
      }
    } finally {
      connection.close();
    }
  };
  const follow = async () => {
    const connection = new Connection(port);
    try {
      for (let index = 0; index < jobs && !failure; index++) {
        while (ids.length <= index && !failure) await delay(LOOK_EVERY_MS);
        if (!failure) await until(connection, ids[index], [wanted], { everyMs: LOOK_EVERY_MS, deadline });
      }
      return performance.now() - beganAt;
    } finally {
      connection.close();
    }
  };
  const noted = (work) =>
    work.catch((error) => {
      failure ??= error;
    });
  const sending = Promise.all(Array.from({ length: connections }, () => noted(send()))).then(
    () => performance.now() - beganAt,
  );
  const [uploadMs, allMs] = await Promise.all([sending, wanted ? noted(follow()) : undefined]);
  if (failure) throw failure;
  return { ids, uploadMs, allMs, p50Ms: quantile(answeredMs, 0.5), p99Ms: quantile(answeredMs, 0.99) };
}

/** One job after the other, each on a pair that has nothing else to do. Returns the ms from upload to `Completed`. */
export async function oneByOne({ port, service, jobs, script, withinMs }) {
  const request = uploadRequest(service, 1, filesOf(script));
  const connection = new Connection(port);
  const deadline = performance.now() + withinMs;
  const values = [];
  try {
    while (values.length < jobs) {
      const sentAt = performance.now();
      const id = idOf(await connection.ask(request));
      const answer = await until(connection, id, ['Completed'], { everyMs: LATENCY_LOOK_EVERY_MS, deadline });
      values.push(answer.headAt - sentAt);
      // The programs still release the last one.
      await delay(50);
    }
  } finally {
    connection.close();
  }
  return { values };
}
