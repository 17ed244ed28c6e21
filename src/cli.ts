#!/usr/bin/env node
import 'reflect-metadata';
import { CommandFactory } from 'nest-commander';
import { CliModule } from './app/cli.module';
import { exitOnError } from './app/exit-on-error';
import { VERSION } from './app/version';

CommandFactory.run(CliModule, {
  cliName: 'job-orchestrator',
  version: VERSION,
  logger: false,
  errorHandler: (error) => {
    // Commander has said what is wrong by then, or has shown what was asked for.
    process.exit('exitCode' in error && typeof error.exitCode === 'number' ? error.exitCode : 2);
  },
  serviceErrorHandler: exitOnError,
}).catch(exitOnError);
