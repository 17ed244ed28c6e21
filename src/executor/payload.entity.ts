import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { StoredStatus } from '../wire/status';

/** A payload (a job as the executor knows it) as it is stored. Times are milliseconds since 1970. */
@Entity('payloads')
export class PayloadEntity {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'text' })
  status!: StoredStatus;

  /** The payload's directory; empty for a key that was terminated before it arrived. */
  @Column({ type: 'text' })
  loc!: string;

  /** Of the supervisor; 0 before the start. */
  @Column({ type: 'integer' })
  pid!: number;

  /** Somebody asked to terminate it while it had not ended; the wish outlives a crash. */
  @Column({ type: 'boolean' })
  killed!: boolean;

  @Column({ name: 'created_at', type: 'datetime' })
  createdAt!: Date;

  /** The server's key for the job, or one that was made here for a server that sends none. */
  @Column({ name: 'job_key', type: 'text', nullable: true })
  key!: string | null;

  /** The id under which the portal knows the job, if the server said it. */
  @Column({ name: 'job_id', type: 'text', nullable: true })
  jobId!: string | null;

  /** Milliseconds that the script may run; `null`: no limit. */
  @Column({ type: 'bigint', nullable: true })
  walltime!: number | null;

  @Column({ type: 'text' })
  message!: string;

  @Column({ name: 'exit_code', type: 'integer', nullable: true })
  exitCode!: number | null;

  @Column({ type: 'text', nullable: true })
  signal!: string | null;

  @Column({ name: 'started_at', type: 'bigint', nullable: true })
  startedAt!: number | null;

  @Column({ name: 'ended_at', type: 'bigint', nullable: true })
  endedAt!: number | null;

  @Column({ name: 'cleaned_at', type: 'bigint', nullable: true })
  cleanedAt!: number | null;

  @Column({ name: 'removed_at', type: 'bigint', nullable: true })
  removedAt!: number | null;
}
