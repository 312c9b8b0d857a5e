import all from './jest.config.mjs';

/** `npm run test:unit`: the specs that need no server; `-- --watch` runs them again at each change. */
export default {
  ...all,
  testMatch: ['<rootDir>/libs/**/*.spec.ts', '<rootDir>/apps/**/*.spec.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '/libs/auth/src/(drizzle|redis|cli)/',
    'conformance(?:-adapters)?\\.spec',
    '/apps/demo/src/(keys|config/auth-options)',
  ],
};
