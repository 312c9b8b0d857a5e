// One file of a slice; tools/mutation.mjs says which. One worker, since the specs of a file take a second or two.
import jest from './jest.unit.config.mjs';

const { MUTATION_FILE = '', MUTATION_SPECS = '', MUTATION_REPORT = '' } = process.env;

export default {
  mutate: [MUTATION_FILE],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: {
    projectType: 'custom',
    enableFindRelatedTests: false,
    config: {
      ...jest,
      roots: ['<rootDir>/libs', '<rootDir>/test'],
      testMatch: MUTATION_SPECS.split(',').map((each) => `<rootDir>/${each}`),
      testPathIgnorePatterns: ['/node_modules/'],
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
