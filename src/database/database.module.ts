import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OPEN_READONLY } from 'sqlite3';
import type { DataSourceOptions } from 'typeorm';
import { BUSY_TIMEOUT_MS, QUIET_SQLITE, READER, openDurable, reserveRoom, writerOptions } from './data-source';
import { WriteQueue } from './write-queue';

/** The database, already migrated (see prepareDatabase): a connection for writes and one for reads. */
@Global()
@Module({})
export class DatabaseModule {
  static forPath(dbPath: string): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ ...writerOptions(dbPath), autoLoadEntities: true, retryAttempts: 0 }),
          dataSourceFactory: async (options) => {
            const dataSource = await openDurable({ ...writerOptions(dbPath), ...options } as DataSourceOptions);
            // A disk that is full already shall not stop the start.
            await reserveRoom(dataSource).catch(() => undefined);
            return dataSource;
          },
        }),
        TypeOrmModule.forRoot({
          type: 'sqlite',
          driver: QUIET_SQLITE,
          name: READER,
          database: dbPath,
          flags: OPEN_READONLY,
          busyTimeout: BUSY_TIMEOUT_MS,
          autoLoadEntities: true,
          retryAttempts: 0,
        }),
      ],
      providers: [WriteQueue],
      exports: [WriteQueue],
    };
  }
}
