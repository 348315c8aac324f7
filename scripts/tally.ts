/** Prints the closing line of a test run from jest's JSON report: `N passed, N failed, N skipped`. */
import { readFileSync } from 'node:fs';

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

const report = JSON.parse(readFileSync(process.argv[2], 'utf8')) as JestReport;
console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed, ${report.numPendingTests} skipped`);
process.exitCode = report.numFailedTests > 0 || report.numPassedTests === 0 ? 1 : 0;
