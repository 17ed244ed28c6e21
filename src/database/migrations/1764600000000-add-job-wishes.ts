import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an upload asked for: `walltime` in milliseconds, `memory` in MiB; NULL for all jobs that came before. */
const COLUMNS = { walltime: 'BIGINT', cpus: 'INTEGER', memory: 'INTEGER' } as const;

export class AddJobWishes1764600000000 implements MigrationInterface {
  readonly name = 'AddJobWishes1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const [column, type] of Object.entries(COLUMNS)) {
      await runner.query(`ALTER TABLE jobs ADD COLUMN ${column} ${type}`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const column of Object.keys(COLUMNS)) {
      await runner.query(`ALTER TABLE jobs DROP COLUMN ${column}`);
    }
  }
}
