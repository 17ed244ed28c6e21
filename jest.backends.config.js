// The tests of backends on real systems: they start a SLURM cluster, shared by all their files, so one file runs at a
// time. They take minutes.
const base = require('./jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  testMatch: ['<rootDir>/test/backends/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  globalSetup: '<rootDir>/test/support-slurm/global-setup.ts',
  globalTeardown: '<rootDir>/test/support-slurm/global-teardown.ts',
  testTimeout: 240_000,
  maxWorkers: 1,
};
