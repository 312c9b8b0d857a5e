import { writeFileSync } from 'node:fs';

/** Writes the counts for the runner's last line. A suite that could not run counts as one failure. */
export default class CountReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) {
    const counts = { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
    writeFileSync(process.env.TEST_REPORT, JSON.stringify(counts));
  }
}
