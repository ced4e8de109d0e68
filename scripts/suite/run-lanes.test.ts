import { expect, test } from 'vitest';
import type { Lane } from './lane.ts';
import { requireTests } from './lane.ts';
import { formatReports, runLane, selectLanes, testEnvironment } from './run-lanes.ts';

const lane = (name: string, group: Lane['group'], run: Lane['run']): Lane => ({ name, group, needs: [], run });
const context = { signal: new AbortController().signal, env: {}, output: 'keep' } as const;

test('a lane that ran no test has failed', () => {
  expect(requireTests({ passed: 0, failed: 0, output: '' }).failed).toBe(1);
  expect(requireTests({ passed: 1, failed: 0, output: '' }).failed).toBe(0);
});

test('a lane that throws has failed once and shows the error', async () => {
  const report = await runLane(
    lane('x', 'e2e', () => Promise.reject(new Error('no engine'))),
    context,
  );
  expect(report).toMatchObject({ passed: 0, failed: 1 });
  expect(report.output).toContain('no engine');
});

test('a name selects one lane, a group its lanes, an unknown name nothing; the night has to be asked for', () => {
  const run = () => Promise.resolve({ passed: 1, failed: 0, output: '' });
  const lanes = [
    lane('unit', 'check', run),
    lane('embedded', 'integration', run),
    lane('server', 'integration', run),
    lane('mutants', 'nightly', run),
  ];
  const names = (only?: string) => selectLanes(lanes, only).map(({ name }) => name);
  expect(names('server')).toEqual(['server']);
  expect(names('integration')).toEqual(['embedded', 'server']);
  expect(names()).toHaveLength(3);
  expect(names('nightly')).toEqual(['mutants']);
  expect(names('nothing')).toEqual([]);
});

test('the last line is the sum of all lanes', () => {
  const reports = [
    { name: 'unit', passed: 12, failed: 0, tookMs: 1, output: '' },
    { name: 'e2e', passed: 3, failed: 2, tookMs: 1, output: '' },
  ];
  expect(formatReports(reports).split('\n').at(-1)).toBe('15 passed, 2 failed');
});

test('the settings of a Server Box on this machine do not reach the tests', () => {
  const given = {
    PATH: '/bin',
    DATABASE_URL: 'postgres://a',
    SERVERBOX_DATA_DIR: '/srv',
    PGHOST: 'db',
    HOME: '/root',
  };
  expect(testEnvironment(given)).toEqual({ PATH: '/bin', HOME: '/root', CI: 'true' });
});
