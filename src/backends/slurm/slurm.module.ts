import { Module } from '@nestjs/common';
import { SlurmBackend } from './slurm.backend';

@Module({ providers: [SlurmBackend] })
export class SlurmModule {}
