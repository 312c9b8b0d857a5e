// One file of a slice; tools/mutation.mjs says which. One worker, since the specs of a file take a second or two.
import { dirname } from 'node:path';
import jest from './jest.unit.config.mjs';

const { MUTATION_FILE = '', MUTATION_SPECS = '', MUTATION_REPORT = '' } = process.env;
const specs = MUTATION_SPECS.split(',').map((each) => `<rootDir>/${each}`);

export default {
  mutate: [MUTATION_FILE],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: {
    projectType: 'custom',
    enableFindRelatedTests: false,
    config: {
      ...jest,
      // jest looks through its roots at each mutation
      roots: specs.map((each) => dirname(each)),
      testMatch: specs,
      testPathIgnorePatterns: ['/node_modules/'],
      // Stryker wraps the environment itself, and takes only a CommonJS module of a package
      testEnvironment: 'node',
      // a mutation that makes a test wait for ever is seen after this
      testTimeout: 10_000,
    },
  },
  coverageAnalysis: 'perTest',
  concurrency: 1,
  timeoutMS: 30_000,
  timeoutFactor: 1,
  ignorePatterns: ['/dist', '/docs', '/examples', '/bench', '/libs/*/dist', '/.data', '/coverage'],
  reporters: ['json'],
  jsonReporter: { fileName: MUTATION_REPORT },
  tempDirName: 'coverage/stryker',
};
