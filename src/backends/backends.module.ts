import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { BackendRegistry } from './backend-registry';
import { NativeModule } from './native/native.module';

@Module({ imports: [DiscoveryModule, NativeModule], providers: [BackendRegistry], exports: [BackendRegistry] })
export class BackendsModule {}
