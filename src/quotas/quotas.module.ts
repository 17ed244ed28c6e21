import { Module } from '@nestjs/common';
import { QuotaBook } from './quota-book';

@Module({ providers: [QuotaBook], exports: [QuotaBook] })
export class QuotasModule {}
