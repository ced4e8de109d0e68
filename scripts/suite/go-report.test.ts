import { expect, test } from 'vitest';
import { countGoReport } from './go-report.ts';

const events = (...lines: object[]): string => lines.map((line) => JSON.stringify(line)).join('\n');

test('subtests belong to their test, and only failures are printed', () => {
  const report = events(
    { Action: 'output', Package: 'a', Test: 'TestOne', Output: 'fine\n' },
    { Action: 'pass', Package: 'a', Test: 'TestOne/case' },
    { Action: 'pass', Package: 'a', Test: 'TestOne' },
    { Action: 'pass', Package: 'a' },
    { Action: 'output', Package: 'b', Test: 'TestThree', Output: 'fine too\n' },
    { Action: 'pass', Package: 'b', Test: 'TestThree' },
    { Action: 'output', Package: 'b', Test: 'TestTwo/case', Output: 'want 1, got 2\n' },
    { Action: 'fail', Package: 'b', Test: 'TestTwo' },
    { Action: 'fail', Package: 'b' },
  );
  expect(countGoReport(report)).toEqual({ passed: 2, failed: 1, output: 'want 1, got 2\n' });
});

test('a package that does not compile is a failure', () => {
  const report = events(
    { Action: 'build-output', ImportPath: 'a', Output: 'undefined: x\n' },
    { Action: 'fail', Package: 'a' },
  );
  expect(countGoReport(report)).toEqual({ passed: 0, failed: 1, output: 'undefined: x\n' });
});
