import { Module } from '@nestjs/common';
import type { Command } from 'commander';
import { InjectCommander } from 'nest-commander';
import { CheckCommand } from '../commands/check.command';
import { CompletionCommand } from '../commands/completion.command';
import { DownloadCommand } from '../commands/download.command';
import { ServicesCommand } from '../commands/services.command';
import { StatusCommand } from '../commands/status.command';
import { SubmitCommand } from '../commands/submit.command';
import { TerminateCommand } from '../commands/terminate.command';
import { WaitCommand } from '../commands/wait.command';
import { BackupCommand } from './backup.command';
import { ClientCommand } from './client.command';
import { ServerCommand } from './server.command';

/** The command line. `--help` lists the commands in this order. */
@Module({
  providers: [
    ServerCommand,
    ClientCommand,
    CheckCommand,
    BackupCommand,
    SubmitCommand,
    StatusCommand,
    WaitCommand,
    DownloadCommand,
    TerminateCommand,
    ServicesCommand,
    CompletionCommand,
  ],
})
export class CliModule {
  constructor(@InjectCommander() program: Command) {
    program
      .name('job-orchestrator')
      .description('runs jobs of scientific web portals; set up by environment variables')
      .showHelpAfterError('see: job-orchestrator --help');
  }
}
