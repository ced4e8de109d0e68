import { runResultOf } from '@serverbox/contract/run-results';
import type { RunTarget } from '@serverbox/contract/runs';
import { expect, test } from 'vitest';
import { commandLine, progressWords, resultWords, sameOutputKey } from './run-words.ts';
import { joinWords, splitWords } from './words.ts';

const aTarget = (parts: Partial<RunTarget> = {}): RunTarget =>
  ({
    ...{ nodeId: 'n1', outcome: 'exited', exitCode: 0, signal: null, reason: null, stdout: 'up', stderr: '' },
    ...{ isPreview: false, droppedBytes: 0 },
    ...parts,
  }) as RunTarget;

test.each([
  ['uptime', ['uptime']],
  ['  df   -h  / ', ['df', '-h', '/']],
  [`echo "a b" 'c "d"' e\\ f`, ['echo', 'a b', 'c "d"', 'e f']],
  [`echo '' "$HOME" "x\\"y"`, ['echo', '', '$HOME', 'x"y']],
  ['', []],
])('%s is read as words, and nothing is expanded', (line, words) => {
  expect(splitWords(line)).toEqual({ words });
  expect(splitWords(joinWords(words))).toEqual({ words });
});

test('a quote that is not closed is told', () => {
  expect(splitWords('echo "a')).toEqual({ problem: 'A quote is not closed: "' });
});

test('an exit with another code than 0 is a failure', () => {
  expect(runResultOf(aTarget())).toBe('succeeded');
  expect(runResultOf(aTarget({ exitCode: 2 }))).toBe('failed');
  expect(runResultOf(aTarget({ outcome: 'unreachable', exitCode: null }))).toBe('unreachable');
  expect(resultWords(aTarget({ exitCode: 2 }))).toBe('Exit code 2');
  expect(resultWords(aTarget({ outcome: 'signalled', exitCode: null, signal: 'SIGKILL' }))).toBe('SIGKILL');
});

test('a script is told by its first line that does something', () => {
  expect(commandLine({ kind: 'script', script: '#!/bin/sh\n\n# why\nset -e\nls' })).toBe('ls');
  expect(commandLine({ kind: 'argv', argv: ['echo', 'a b'] })).toBe("echo 'a b'");
});

test('nodes with the same outcome and output belong together, unless more may follow', () => {
  const first = aTarget();
  expect(sameOutputKey(aTarget({ nodeId: 'n2' as RunTarget['nodeId'] }))).toBe(sameOutputKey(first));
  expect(sameOutputKey(aTarget({ stdout: 'down' }))).not.toBe(sameOutputKey(first));
  expect(sameOutputKey(aTarget({ isPreview: true }))).toBe('n1');
});

test('progress counts what is to go, then what went wrong', () => {
  const zeros = {
    waiting: 0,
    running: 0,
    succeeded: 0,
    failed: 0,
    signalled: 0,
    timed_out: 0,
    unreachable: 0,
    refused: 0,
    cancelled: 0,
  };
  const words = (counts: Partial<typeof zeros>, endedAt: string | null = 'x') =>
    progressWords({ endedAt, counts: { ...zeros, ...counts } });
  expect(words({ waiting: 1, running: 2, succeeded: 9 }, null)).toBe('3 of 12 to go');
  expect(words({ succeeded: 2 })).toBe('Succeeded on all 2');
  expect(words({ succeeded: 2, unreachable: 1 })).toBe('1 of 3 did not finish');
  expect(words({ succeeded: 2, failed: 3, timed_out: 1, cancelled: 1 })).toBe(
    '3 of 7 failed, 1 did not finish, 1 cancelled',
  );
});
