// Unit tests stand beside their file in src/; test/ holds the end-to-end and fault tests, which start the built
// program. Nest 12 is published as ES modules only, which jest cannot require on Node 20, so swc turns it into CommonJS.
/** @type {import('jest').Config} */
module.exports = {
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  testEnvironment: 'node',
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.(ts|js|mjs)$': '@swc/jest' },
  transformIgnorePatterns: ['/node_modules/(?!(@nestjs)/)'],
  testPathIgnorePatterns: ['long', 'faults', 'backends', 'packaging']
    .map((name) => `<rootDir>/test/${name}/`)
    .concat('/node_modules/'),
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  testTimeout: 60_000,
  maxWorkers: 2,
};
