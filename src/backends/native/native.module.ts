import { Module } from '@nestjs/common';
import { ExecutorHttp } from './executor-http';
import { NativeBackend } from './native.backend';

@Module({ providers: [ExecutorHttp, NativeBackend] })
export class NativeModule {}
