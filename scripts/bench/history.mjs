// A past for our programs: rows of jobs that are over, written straight into their databases while they are stopped.
// Each is a copy of a job that really ran, with an id, a key, a directory and times of its own, so whatever the tables
// look like, the rows look as the programs would have left them. What is faked: those directories don't exist, so their
// results can't be fetched, and nothing but the tables knows of these jobs.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const PAST = {
  server: { table: 'jobs', status: 'completed', hasKeyAsDirectory: true },
  executor: { table: 'payloads', status: 'cleaned', hasKeyAsDirectory: false },
};
/** Over how long the jobs ended: less than the retention, so that none is due. */
const SPREAD_MS = 8 * 24 * 3600 * 1000;

/**
 * Adds `count` finished jobs to both databases of a stopped pair of ours, which has run some jobs before.
 * @throws Error when it has none to copy
 */
export async function addFinishedJobs(pair, root, count) {
  const sqlite3 = createRequire(join(root, 'package.json'))('sqlite3');
  for (const [name, past] of Object.entries(PAST)) {
    const database = new sqlite3.Database(pair.database(name));
    try {
      await fill(database, past, count);
    } finally {
      await promisify(database.close.bind(database))();
    }
  }
}

async function fill(database, { table, status, hasKeyAsDirectory }, count) {
  const all = promisify(database.all.bind(database));
  const exec = promisify(database.exec.bind(database));
  const templates = await all(`SELECT id, loc FROM ${table} WHERE status = '${status}'`);
  if (templates.length === 0) throw new Error(`no ${status} row of ${table} to copy`);
  const [{ top }] = await all(`SELECT MAX(id) AS top FROM ${table}`);
  const columns = (await all(`PRAGMA table_info(${table})`)).map(({ name }) => name);
  const data = dirname(templates[0].loc).replaceAll("'", "''");
  const values = columns.map((column) => {
    if (column === 'id') return `${top} + made.number`;
    if (column === 'job_key') return hasKeyAsDirectory ? 'made.directory' : 'made.key';
    if (column === 'loc') return `'${data}/' || made.directory || '${hasKeyAsDirectory ? '' : '.run'}'`;
    // As text, with milliseconds.
    if (column === 'created_at')
      return `strftime('%Y-%m-%d %H:%M:%f', past.created_at, '-' || (made.ago / 1000) || ' seconds')`;
    return column.endsWith('_at') ? `past.${column} - made.ago` : `past.${column}`;
  });
  const uuid = ['hex(randomblob(4))', ...Array(3).fill('hex(randomblob(2))'), 'hex(randomblob(6))'].join(` || '-' || `);
  await exec(`
    CREATE TEMP TABLE templates AS
      SELECT id, ROW_NUMBER() OVER (ORDER BY id) - 1 AS number FROM ${table} WHERE status = '${status}';
    CREATE TEMP TABLE made AS
      WITH RECURSIVE counted(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counted WHERE number < ${count})
      SELECT number, (${count} - number) * ${SPREAD_MS} / ${count} AS ago, lower(${uuid}) AS directory, lower(${uuid}) AS key
      FROM counted;
    BEGIN;
    INSERT INTO ${table} (${columns.join(', ')})
      SELECT ${values.join(', ')}
      FROM made
      JOIN templates ON templates.number = made.number % ${templates.length}
      JOIN ${table} AS past ON past.id = templates.id
      ORDER BY made.number;
    COMMIT;`);
}
