/** Reads the report of Vitest's JSON reporter. */
import type { Counts } from './lane.ts';

type Report = {
  numPassedTests: number;
  numFailedTests: number;
  success: boolean;
  testResults: { status: string; assertionResults: { status: string }[] }[];
};

const isReport = (value: unknown): value is Report =>
  typeof value === 'object' && value !== null && 'numPassedTests' in value && 'testResults' in value;

/**
 * Counts the tests of a report. A file that failed without a failed test (it could not be loaded, or a hook failed) is
 * one failure, and so is a run that failed as a whole for another reason, such as an unhandled rejection.
 * @throws Error when the text is not such a report
 */
export const countVitestReport = (text: string, hasSucceeded: boolean): Counts => {
  const report: unknown = JSON.parse(text);
  if (!isReport(report)) throw new Error('this is not a report of Vitest');
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((result) => result.status === 'failed'),
  );
  const failed = report.numFailedTests + brokenFiles.length;
  return { passed: report.numPassedTests, failed: failed === 0 && !hasSucceeded ? 1 : failed };
};
