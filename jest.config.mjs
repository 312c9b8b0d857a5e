/** Unit specs sit beside their source, end-to-end tests in test/. Run through `npm test`, which provides the servers. */
export default {
  testEnvironment: '<rootDir>/test/support/environment.mjs',
  roots: [
    '<rootDir>/libs',
    '<rootDir>/apps',
    '<rootDir>/tools',
    '<rootDir>/test',
    '<rootDir>/bench',
  ],
  testMatch: ['**/*.spec.ts', '**/*.e2e.ts'],
  modulePathIgnorePatterns: [
    '<rootDir>/dist',
    '<rootDir>/libs/[^/]+/dist',
    '<rootDir>/bench/node_modules',
  ],
  extensionsToTreatAsEsm: ['.ts'],
  // for a machine that is busy with something else
  testTimeout: 60000,
  // two more than the cores that the suite is measured on: many files wait for servers and processes
  maxWorkers: 4,
  // a worker keeps the ES modules of every file that it has run, some 40 MB each; a new worker begins without them
  workerIdleMemoryLimit: '768MB',
  // and a process of a gigabyte needs more than the half second that jest would give it to end
  workerGracefulExitTimeout: 15000,
  testSequencer: '<rootDir>/test/support/sequencer.mjs',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: {
            legacyDecorator: true,
            decoratorMetadata: true,
            useDefineForClassFields: false,
          },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: {
    '^@tokenward/nestjs$': '<rootDir>/libs/auth/src/index.ts',
    '^@tokenward/nestjs/(verify|options|storage|observe|drizzle|migration|redis|testing|passport|totp|passkeys|oidc)$':
      '<rootDir>/libs/auth/src/$1/index.ts',
    '^@tokenward/nestjs/(pg|postgres-js|typeorm|prisma|kysely|knex|mikro-orm)$':
      '<rootDir>/libs/auth/src/transactions/$1.ts',
    '^@tokenward/nestjs/(ws|microservices|issuers)$': '<rootDir>/libs/auth/src/verify/$1/index.ts',
    '^@tokenward/client$': '<rootDir>/libs/client/src/index.ts',
    '^@tokenward/client/(axios|react|account|factors|sockets|dpop|server)$':
      '<rootDir>/libs/client/src/$1.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
};
