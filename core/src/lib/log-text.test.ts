import { expect, test } from 'vitest';
import { formatLogLine } from './log-text.ts';

const line = (fields: object) =>
  JSON.stringify({ level: 'warn', time: '2026-01-02T03:04:05.678Z', ...fields, msg: 'node unlinked' });

test('a line for people has the time, the level, the message and the fields', () => {
  expect(formatLogLine(line({ nodeId: 'a-1', tookMs: 3, error: { message: 'cut' } }))).toBe(
    '03:04:05 warn  node unlinked nodeId=a-1 tookMs=3 error="cut"\n',
  );
});

test('IN-17 a hostile field cannot steer the terminal', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
  expect(formatLogLine(line({ error: { message: '\u001b]0;x\u0007\u009b2J' } }))).not.toMatch(/[\u001b\u0007\u009b]/);
});
