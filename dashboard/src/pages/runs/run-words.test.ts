import type { RunTarget } from '@serverbox/contract/runs';
import { expect, test } from 'vitest';
import { commandLine, kindOf, progressWords, resultWords, sameOutputKey } from './run-words.ts';
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
  expect(kindOf(aTarget())).toBe('succeeded');
  expect(kindOf(aTarget({ exitCode: 2 }))).toBe('failed');
  expect(kindOf(aTarget({ outcome: 'unreachable', exitCode: null }))).toBe('unreachable');
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

test('progress counts what is to go, then what did not finish', () => {
  const zeros = {
    waiting: 0,
    running: 0,
    exited: 0,
    signalled: 0,
    timed_out: 0,
    unreachable: 0,
    refused: 0,
    cancelled: 0,
  };
  expect(progressWords({ endedAt: null, counts: { ...zeros, waiting: 1, running: 2, exited: 9 } })).toBe(
    '3 of 12 to go',
  );
  expect(progressWords({ endedAt: 'x', counts: { ...zeros, exited: 2 } })).toBe('Ended on all 2');
  expect(progressWords({ endedAt: 'x', counts: { ...zeros, exited: 2, unreachable: 1 } })).toBe(
    '1 of 3 did not finish',
  );
});
