import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import type { JobState } from './job-state';

/** A job that has changed its state, said after the change was committed. */
export interface JobMoved {
  readonly id: number;
  readonly userId: number;
  readonly service: string;
  /** `null`: it has just been accepted. */
  readonly from: JobState | null;
  readonly to: JobState;
}

/** What rooms above learn of jobs. Subscribers are called at once, in the order of the commits, and must not throw. */
@Injectable()
export class JobEvents {
  readonly moved = new Subject<JobMoved>();
}
