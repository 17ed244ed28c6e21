import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Which job an `Idempotency-Key` stands for. */
@Entity('upload_keys')
export class UploadKeyEntity {
  @PrimaryColumn({ name: 'upload_key', type: 'text' })
  key!: string;

  /** SHA-256 over fields and files: a repeat has the same. */
  @Column({ type: 'text' })
  content!: string;

  @Column({ name: 'job_id', type: 'integer' })
  jobId!: number;

  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: number;
}
