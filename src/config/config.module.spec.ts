import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { readClientConfig } from './client-config';
import { CLIENT_CONFIG, ConfigModule, SERVER_CONFIG } from './config.module';
import { readServerConfig } from './server-config';

const SEEN = Symbol('SEEN');

describe('the configuration module', () => {
  it.each([
    ['server', ConfigModule.forServer(readServerConfig({})), SERVER_CONFIG],
    ['client', ConfigModule.forClient(readClientConfig({}, [])), CLIENT_CONFIG],
  ])('offers the %s configuration to modules that do not import it', async (mode, config, token) => {
    @Module({ providers: [{ provide: SEEN, useFactory: (seen: unknown) => seen, inject: [token] }] })
    class FeatureModule {}

    const app = await Test.createTestingModule({ imports: [config, FeatureModule] }).compile();
    expect(app.get(SEEN)).toMatchObject({ mode });
    await app.close();
  });
});
