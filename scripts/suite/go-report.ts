/** Reads the events that `go test -json` prints, one JSON object a line. */
import type { Counts } from './lane.ts';

type GoEvent = { Action: string; Package?: string; Test?: string; Output?: string };

const parseEvents = (text: string): GoEvent[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as GoEvent);

/**
 * Counts top-level tests; a package that failed without a failed test (it does not compile, or it panicked) is one
 * failure. `output` is what failed tests and packages printed.
 */
export const countGoReport = (text: string): Counts & { output: string } => {
  const events = parseEvents(text);
  const ends = events.filter(({ Test }) => Test !== undefined && !Test.includes('/'));
  const failedTests = ends.filter(({ Action }) => Action === 'fail');
  const packagesOfFailedTests = new Set(failedTests.map((event) => event.Package));
  const failedPackages = events.filter(({ Action, Test }) => Action === 'fail' && Test === undefined);
  const brokenPackages = failedPackages.filter((event) => !packagesOfFailedTests.has(event.Package));
  // What passing tests of a failed package printed would bury the reason.
  const isOfFailure = ({ Action, Package, Test }: GoEvent): boolean => {
    if (Test === undefined)
      return Action === 'build-output' || failedPackages.some((failed) => failed.Package === Package);
    return failedTests.some((failed) => failed.Package === Package && failed.Test === Test.split('/')[0]);
  };
  return {
    passed: ends.filter(({ Action }) => Action === 'pass').length,
    failed: failedTests.length + brokenPackages.length,
    output: events
      .filter(isOfFailure)
      .map(({ Output }) => Output ?? '')
      .join(''),
  };
};
