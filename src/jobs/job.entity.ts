import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { StoredStatus } from '../wire/status';

/** A job as it is stored. Times are milliseconds since 1970. The table is the migrations' business. */
@Entity('jobs')
export class JobEntity {
  @PrimaryGeneratedColumn()
  id!: number;

  /** Whose quota it counts against: the portal's own number for its user. */
  @Column({ name: 'user_id', type: 'integer' })
  userId!: number;

  @Column({ type: 'text' })
  service!: string;

  @Column({ type: 'text' })
  status!: StoredStatus;

  /** The job's directory. */
  @Column({ type: 'text' })
  loc!: string;

  /** The payload's id on the executor, as the Rust program stores it. Ours is in {@link ref}. */
  @Column({ name: 'dest_id', type: 'integer', nullable: true })
  destId!: number | null;

  @Column({ name: 'created_at', type: 'datetime' })
  createdAt!: Date;

  /** UUID made at upload; sent with the submission, so that a backend can tell a repeat from a new job. */
  @Column({ name: 'job_key', type: 'text', nullable: true })
  key!: string | null;

  /** Where the backend has the job; opaque to everybody but the backend. */
  @Column({ type: 'text', nullable: true })
  ref!: string | null;

  /** Why the job is in its state, for people. */
  @Column({ type: 'text' })
  message!: string;

  @Column({ name: 'exit_code', type: 'integer', nullable: true })
  exitCode!: number | null;

  /** Name of the signal that ended the script (`SIGKILL`). */
  @Column({ type: 'text', nullable: true })
  signal!: string | null;

  @Column({ name: 'processing_at', type: 'bigint', nullable: true })
  processingAt!: number | null;

  @Column({ name: 'submitted_at', type: 'bigint', nullable: true })
  submittedAt!: number | null;

  @Column({ name: 'started_at', type: 'bigint', nullable: true })
  startedAt!: number | null;

  @Column({ name: 'ended_at', type: 'bigint', nullable: true })
  endedAt!: number | null;

  @Column({ name: 'cleaned_at', type: 'bigint', nullable: true })
  cleanedAt!: number | null;

  /** When the directory of a cleaned job was gone. */
  @Column({ name: 'removed_at', type: 'bigint', nullable: true })
  removedAt!: number | null;

  /** When somebody asked to terminate the job; the wish outlives a crash. */
  @Column({ name: 'terminate_at', type: 'bigint', nullable: true })
  terminateAt!: number | null;

  /** When the backend was told that it may forget the job. */
  @Column({ name: 'released_at', type: 'bigint', nullable: true })
  releasedAt!: number | null;

  /** Key and ref of an attempt that was given up and may still run at its backend. */
  @Column({ name: 'given_up_key', type: 'text', nullable: true })
  givenUpKey!: string | null;

  @Column({ name: 'given_up_ref', type: 'text', nullable: true })
  givenUpRef!: string | null;

  /** Milliseconds that the script may run, if the upload said so. */
  @Column({ name: 'walltime', type: 'bigint', nullable: true })
  walltimeMs!: number | null;

  /** CPUs, and memory in MiB, if the upload asked for them. */
  @Column({ type: 'integer', nullable: true })
  cpus!: number | null;

  @Column({ name: 'memory', type: 'integer', nullable: true })
  memoryMiB!: number | null;

  /** Which start of the job this is, from 1: more only where MAX_ATTEMPTS allows. */
  @Column({ type: 'integer' })
  attempt!: number;
}
