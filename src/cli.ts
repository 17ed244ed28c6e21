#!/usr/bin/env node
import 'reflect-metadata';
import type { CommanderError } from 'commander';
import { CommandFactory } from 'nest-commander';
import { CliModule } from './app/cli.module';
import { exitAfterParsing } from './commands/base.command';
import { exitOnError } from './app/exit-on-error';
import { VERSION } from './app/version';

// Whoever read the output (head, less) has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

CommandFactory.run(CliModule, {
  cliName: 'job-orchestrator',
  version: VERSION,
  logger: false,
  errorHandler: (error) => exitAfterParsing(error as CommanderError),
  serviceErrorHandler: exitOnError,
}).catch(exitOnError);
