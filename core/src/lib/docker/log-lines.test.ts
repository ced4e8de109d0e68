import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MAX_LOG_LINE_BYTES } from '@serverbox/contract/containers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLogFrames, createRawFrames } from './log-frames.ts';
import type { RawLine } from './log-lines.ts';
import { createLogLines, createTimeStripper, decodeLine } from './log-lines.ts';

const TIME = '2026-01-02T03:04:05.678901234Z';
const frame = (type: number, payload: string | Buffer): Buffer => {
  const bytes = Buffer.from(payload);
  const header = Buffer.alloc(8);
  header.writeUInt8(type, 0);
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
};
const cutAt = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let n = 0; at < bytes.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
};
const linesOf = (chunks: readonly Buffer[], hasTimes: boolean) => {
  const frames = createLogFrames();
  const lines = createLogLines(hasTimes);
  return [...chunks.flatMap((chunk) => lines.push(frames.push(chunk))), ...lines.end()].map((line) => decodeLine(line));
};

test('lines and times come out whole however the bytes were cut', () => {
  const text = 'grüße 👋 \u001b[31mrot';
  const bytes = Buffer.concat([
    frame(1, `${TIME} ${text}\n`),
    frame(2, `${TIME} to stderr\n`),
    frame(1, `${TIME} end`),
  ]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 }), (sizes) => {
      expect(linesOf(cutAt(bytes, sizes), true)).toEqual([
        { stream: 'stdout', at: TIME, text },
        { stream: 'stderr', at: TIME, text: 'to stderr' },
        { stream: 'stdout', at: TIME, text: 'end' },
      ]);
    }),
  );
});

test('a long line is one line although the engine stores it in parts with a time each', () => {
  const part = 'x'.repeat(16_384);
  const bytes = Buffer.concat([frame(1, `${TIME} ${part}`), frame(1, `${TIME} ${part}`), frame(1, `${TIME} end\n`)]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 9 }), (sizes) => {
      expect(linesOf(cutAt(bytes, sizes), true)).toEqual([{ stream: 'stdout', at: TIME, text: `${part}${part}end` }]);
    }),
    { numRuns: 20 },
  );
});

test('a line longer than the bound is cut, marked and leaves no half character', () => {
  const [line] = linesOf([frame(1, `${TIME} a${'é'.repeat(MAX_LOG_LINE_BYTES)}\n`)], true);
  expect(line?.cut).toBe(true);
  expect(line?.text).toBe(`a${'é'.repeat((MAX_LOG_LINE_BYTES - 2) / 2)}`);
});

test('endless text without a line end keeps to the bound in memory', () => {
  const frames = createRawFrames();
  const lines = createLogLines(false);
  const chunk = Buffer.alloc(65_536, 'x');
  for (let n = 0; n < 160; n += 1) lines.push(frames.push(chunk));
  const [line] = lines.push(frames.push(Buffer.from('\n')));
  const { text, cut } = decodeLine(line as RawLine);
  expect({ length: text.length, cut }).toEqual({ length: MAX_LOG_LINE_BYTES, cut: true });
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const bufferedBytes = async (): Promise<number> => {
  await nextTurn();
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
};

test.each([
  { what: 'a line of 10 MB', unit: frame(1, `${TIME} ${'x'.repeat(16_384)}`), sizeBytes: 10 * 1024 * 1024 },
  { what: '50 MB of short lines', unit: frame(1, `${TIME} one of very many\n`), sizeBytes: 50 * 1024 * 1024 },
])('SC-3: of $what no more than a few chunks is in memory at any time', async ({ unit, sizeBytes }) => {
  const frames = createLogFrames();
  const lines = createLogLines(true);
  const chunkOf = () => Buffer.concat(Array.from({ length: Math.ceil(65_536 / unit.length) }, () => unit));
  let last: RawLine | undefined;
  const before = await bufferedBytes();
  for (let passed = 0, n = 0; passed < sizeBytes; n += 1) {
    const chunk = chunkOf();
    passed += chunk.length;
    last = lines.push(frames.push(chunk)).at(-1) ?? last;
    if (n % 40 === 0) expect((await bufferedBytes()) - before).toBeLessThan(4 * 65_536);
  }
  expect([last, ...lines.end()].some((line) => line !== undefined)).toBe(true);
});

test('with a TTY the bytes are lines of stdout, and the carriage return is no text', () => {
  const lines = createLogLines(true);
  const [first, second] = lines.push(createRawFrames().push(Buffer.from(`${TIME} one\r\nno time here\r\n`)));
  expect([first, second].map((line) => line && decodeLine(line))).toEqual([
    { stream: 'stdout', at: TIME, text: 'one' },
    { stream: 'stdout', at: null, text: 'no time here' },
  ]);
});

test('bytes that are not UTF-8 become replacement characters, and a gap carries its count', () => {
  const [line] = createLogLines(false).push(createRawFrames().push(Buffer.from([0x61, 0xff, 0x62, 0x0a])));
  expect(line && decodeLine(line, 7)).toEqual({ stream: 'stdout', at: null, text: 'a\uFFFDb', dropped: 7 });
});

test('a stream that is not framed is refused', () => {
  expect(() => createLogFrames().push(Buffer.from('HTTP/1.1 400'))).toThrow(/cannot be read/);
  expect(() => createLogFrames().push(frame(3, 'gone'))).toThrow(/broke off/);
});

test('the text of a log keeps its bytes but for the times inside long lines', () => {
  const strip = createTimeStripper(true);
  const bytes = Buffer.concat([
    frame(1, `${TIME} \u001b[1mlong`),
    frame(1, `${TIME} line\r\n`),
    frame(2, `${TIME} x\n`),
  ]);
  const text = Buffer.concat(createLogFrames().push(bytes).map(strip)).toString();
  expect(text).toBe(`${TIME} \u001b[1mlongline\r\n${TIME} x\n`);
});
