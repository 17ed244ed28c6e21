import { importX } from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import tseslint from 'typescript-eslint';

// The house: a room may import from the rooms of lower floors, never from a sibling or from above.
const floors = [
  ['common', 'config', 'database', 'wire'],
  ['workload'],
  ['jobs', 'quotas', 'backends'],
  ['dispatch', 'cleanup'],
  ['api', 'executor', 'observability'],
  ['commands', 'app'],
];

// Siblings that may see each other all the same, each with its reason.
const exceptions = {
  database: ['config', 'common'], // the file's path and the faults of the disk
  config: ['common'], // error types
  wire: ['common'],
  app: ['commands'], // the command line lists them
};

const zones = floors.flatMap((rooms, level) =>
  rooms.flatMap((room) => {
    const forbidden = floors
      .slice(level)
      .flat()
      .filter((other) => other !== room && !(exceptions[room] ?? []).includes(other));
    return forbidden.map((other) => ({
      target: `./src/${room}`,
      from: `./src/${other}`,
      message: `${room}/ may not import ${other}/: imports run downward only`,
    }));
  }),
);

export default tseslint.config(
  // Examples are packages of their own; a test compiles and runs them.
  { ignores: ['dist/', 'node_modules/', 'coverage/', 'examples/', '**/*.{js,cjs,mjs}'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    files: ['**/*.ts'],
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { zones }],
      'max-lines': ['error', { max: 400, skipComments: false }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Nest modules are classes that only carry a decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // DTOs and entities are classes for the sake of their decorators only: their objects are plain data.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);
