import { Module } from '@nestjs/common';
import type { Command } from 'commander';
import { InjectCommander } from 'nest-commander';
import { BackupCommand } from './backup.command';
import { ClientCommand } from './client.command';
import { ServerCommand } from './server.command';

/** The command line. */
@Module({ providers: [ServerCommand, ClientCommand, BackupCommand] })
export class CliModule {
  constructor(@InjectCommander() program: Command) {
    program
      .name('job-orchestrator')
      .description('runs jobs of scientific web portals; set up by environment variables');
  }
}
