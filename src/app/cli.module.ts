import { Module } from '@nestjs/common';
import { ClientCommand } from './client.command';
import { ServerCommand } from './server.command';

/** The command line. */
@Module({ providers: [ServerCommand, ClientCommand] })
export class CliModule {}
