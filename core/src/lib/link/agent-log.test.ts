import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createLog } from '../log.ts';
import { logAgentLine, onLines } from './agent-log.ts';

const openLog = () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLog('debug', { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  return { lines, log };
};

test("a line of the agent keeps its level, message and fields, under the core's own time", () => {
  const { lines, log } = openLog();
  logAgentLine(log, '{"time":"2001-01-01T00:00:00Z","level":"WARN","msg":"docker did not answer","socket":"/x"}');
  expect(lines).toEqual([
    { level: 'warn', time: expect.stringMatching(/^20[2-9]/), msg: 'docker did not answer', socket: '/x' },
  ]);
});

test('what is no log line, such as the stack of a crash, becomes a warning', () => {
  const { lines, log } = openLog();
  for (const line of ['panic: oh no', '{"level":"FATAL","msg":"x"}', '[]']) logAgentLine(log, line);
  expect(lines.map(({ level, line }) => [level, line])).toEqual([
    ['warn', 'panic: oh no'],
    ['warn', '{"level":"FATAL","msg":"x"}'],
    ['warn', '[]'],
  ]);
});

test('lines are cut at newlines, whole across chunks, and bounded when no newline comes', async () => {
  const stream = new PassThrough();
  const lines: string[] = [];
  onLines(stream, (line) => lines.push(line));
  stream.write('on');
  stream.write('e\n\ntwo é'.slice(0, 6));
  stream.write(' three\n');
  stream.write('x'.repeat(40_000));
  stream.end('\nlast');
  await new Promise((resolve) => stream.once('close', resolve));
  expect(lines.slice(0, 2)).toEqual(['one', 'two three']);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(16 * 1024);
  expect(lines.at(-1)).toBe('last');
});
