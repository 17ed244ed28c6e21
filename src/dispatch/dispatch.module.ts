import { Module } from '@nestjs/common';
import { BackendsModule } from '../backends/backends.module';
import { JobsModule } from '../jobs/jobs.module';
import { QuotasModule } from '../quotas/quotas.module';
import { ActiveJobs } from './active-jobs';
import { CollectResults } from './collect-results.service';
import { DispatchRecovery } from './dispatch-recovery.service';
import { Dispatcher } from './dispatcher.service';
import { GivenUpJobs } from './given-up-jobs';
import { HandOver } from './hand-over.service';
import { JobEnder } from './job-ender.service';
import { JobNotes } from './job-notes.service';
import { Overtime } from './overtime.service';
import { GetPartialResults } from './partial-results.service';
import { TakeOver } from './take-over.service';
import { Terminator } from './terminator.service';
import { Tracker } from './tracker.service';

@Module({
  imports: [BackendsModule, JobsModule, QuotasModule],
  providers: [
    ActiveJobs,
    CollectResults,
    DispatchRecovery,
    Dispatcher,
    GetPartialResults,
    GivenUpJobs,
    HandOver,
    Overtime,
    JobEnder,
    JobNotes,
    TakeOver,
    Terminator,
    Tracker,
  ],
  exports: [BackendsModule, Dispatcher, GetPartialResults, QuotasModule, Terminator],
})
export class DispatchModule {}
