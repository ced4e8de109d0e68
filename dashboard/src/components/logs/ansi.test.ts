import { expect, test } from 'vitest';
import { inertText, parseAnsi, plainText, styleNames } from './ansi.ts';

const ESC = '\x1b';
const shown = (line: string) => parseAnsi(line).map((span) => [span.text, ...styleNames(span.style)]);

test('text without escapes is one plain piece', () => {
  expect(shown('GET / 200')).toEqual([['GET / 200']]);
});

test('colours and weights become class names and end at a reset', () => {
  expect(shown(`${ESC}[1;31mERROR${ESC}[0m disk ${ESC}[42mok`)).toEqual([
    ['ERROR', 'bold', 'fg1'],
    [' disk '],
    ['ok', 'bg2'],
  ]);
});

test('an empty parameter list is a reset', () => {
  expect(shown(`${ESC}[4mA${ESC}[mB`)).toEqual([['A', 'underline'], ['B']]);
});

test('bright colours, defaults and flag ends are understood', () => {
  expect(shown(`${ESC}[91;104mA${ESC}[39mB${ESC}[49;1mC${ESC}[22mD`)).toEqual([
    ['A', 'fg9', 'bg12'],
    ['B', 'bg12'],
    ['C', 'bold'],
    ['D'],
  ]);
});

test('palette and true colours map to the nearest theme colour, with semicolons or colons', () => {
  expect(shown(`${ESC}[38;5;196mA${ESC}[38;2;0;250;5mB${ESC}[48:5:21mC`)).toEqual([
    ['A', 'fg9'],
    ['B', 'fg10'],
    ['C', 'fg10', 'bg4'],
  ]);
});

test('inverse swaps the colours and uses the theme for the missing one', () => {
  expect(shown(`${ESC}[31;7mA`)).toEqual([['A', 'fgBg', 'bg1']]);
});

test('concealed text stays visible', () => {
  expect(shown(`${ESC}[8msecret`)).toEqual([['secret']]);
});

test.each([
  ['a title (OSC 0)', `${ESC}]0;owned\x07`, '^[]0;owned^G'],
  ['a clipboard write (OSC 52)', `${ESC}]52;c;ZXZpbA==\x07`, '^[]52;c;ZXZpbA==^G'],
  ['a hyperlink (OSC 8)', `${ESC}]8;;http://x/${ESC}\\A${ESC}]8;;${ESC}\\`, '^[]8;;http://x/^[\\A^[]8;;^[\\'],
  ['a device control string', `${ESC}P+q544e${ESC}\\`, '^[P+q544e^[\\'],
  ['a status request (DECRQSS)', `${ESC}P$qm${ESC}\\`, '^[P$qm^[\\'],
  ['a window report (CSI t)', `${ESC}[21t`, '^[[21t'],
  ['a cursor move', `${ESC}[2Ahidden`, '^[[2Ahidden'],
  ['an eight-bit CSI', '\x9b31mred', '\\x9B31mred'],
  ['an eight-bit OSC', '\x9d0;x\x9c', '\\x9D0;x\\x9C'],
  ['a bell and a backspace', 'a\x07\x08b', 'a^G^Hb'],
  ['an endless parameter list', `${ESC}[${'1;'.repeat(40)}mx`, `^[[${'1;'.repeat(40)}mx`],
])('IN-17 %s is printed inert', (_name, line, expected) => {
  expect(plainText(parseAnsi(line))).toBe(expected);
});

test('IN-17 bidirectional overrides are shown by their code', () => {
  expect(inertText('user\u202etxt.exe')).toBe('user\\u202Etxt.exe');
});

test('a carriage return at the end is dropped, one inside is shown, a tab stays', () => {
  expect(plainText(parseAnsi('10%\r20%\tdone\r'))).toBe('10%^M20%\tdone');
});
