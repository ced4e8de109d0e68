import { expect, test } from 'vitest';
import { countVitestReport } from './vitest-report.ts';

const vitestReport = (
  files: { status: string; assertionResults: { status: string }[] }[],
  passed: number,
  failed: number,
) => JSON.stringify({ numPassedTests: passed, numFailedTests: failed, success: failed === 0, testResults: files });

const failedFile = { status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] };
const brokenFile = { status: 'failed', assertionResults: [] };

test('a failed test counts once, though its file failed too', () => {
  expect(countVitestReport(vitestReport([failedFile], 1, 1), false)).toEqual({ passed: 1, failed: 1 });
});

test('a file that could not be loaded is a failure', () => {
  expect(countVitestReport(vitestReport([failedFile, brokenFile], 1, 1), false)).toEqual({ passed: 1, failed: 2 });
});

test('a run that failed without a failed test is a failure', () => {
  expect(countVitestReport(vitestReport([], 3, 0), false)).toEqual({ passed: 3, failed: 1 });
});

test('something else than a report is refused', () => {
  expect(() => countVitestReport('{"numTotal":1}', true)).toThrow(/not a report/);
});
