import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { BackendRegistry } from './backend-registry';
import { NativeModule } from './native/native.module';
import { SlurmModule } from './slurm/slurm.module';

@Module({
  imports: [DiscoveryModule, NativeModule, SlurmModule],
  providers: [BackendRegistry],
  exports: [BackendRegistry],
})
export class BackendsModule {}
