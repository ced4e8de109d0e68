import { MAX_TERMINAL_FRAME_BYTES } from '@serverbox/contract/terminal';
import { expect, test } from 'vitest';
import {
  arrowSequence,
  cleanPaste,
  controlCode,
  encodeBinary,
  encodeText,
  hasSeveralLines,
  toFrames,
} from './input.ts';

test('text goes as UTF-8, mouse reports byte for byte', () => {
  expect([...encodeText('é')]).toEqual([0xc3, 0xa9]);
  expect([...encodeBinary('\x1b[M é')]).toEqual([0x1b, 0x5b, 0x4d, 0x20, 0xe9]);
});

test('long input is cut into frames that the core takes, without loss', () => {
  const bytes = Uint8Array.from({ length: MAX_TERMINAL_FRAME_BYTES * 2 + 7 }, (_, i) => i % 251);
  const frames = toFrames(bytes);
  expect(frames.map((frame) => frame.length)).toEqual([MAX_TERMINAL_FRAME_BYTES, MAX_TERMINAL_FRAME_BYTES, 7]);
  expect(frames.flatMap((frame) => [...frame])).toEqual([...bytes]);
  expect(toFrames(new Uint8Array())).toEqual([]);
});

test('IN-17 a paste cannot end the bracket that the shell put around it', () => {
  expect(cleanPaste('ls\x1b[201~\nrm -rf x\x9b\x03\tok')).toBe('ls[201~\nrm -rf x\tok');
});

test.each([
  ['ls -la', false],
  ['ls -la\n', false],
  ['cd /tmp\nls', true],
  ['cd /tmp\r\nls\r\n', true],
  ['ls\n\n', true],
])('%j has several lines: %s', (text, expected) => {
  expect(hasSeveralLines(text)).toBe(expected);
});

test('a held Ctrl turns letters into control codes and leaves the rest alone', () => {
  expect([controlCode('c'), controlCode('['), controlCode(' '), controlCode('?')]).toEqual([
    '\x03',
    '\x1b',
    '\0',
    '\x7f',
  ]);
  expect([controlCode('1'), controlCode('Enter'), controlCode('ä')]).toEqual([undefined, undefined, undefined]);
});

test('cursor keys follow the mode of the program', () => {
  expect([arrowSequence('up', false), arrowSequence('left', true)]).toEqual(['\x1b[A', '\x1bOD']);
});
