import { describe, expect, test } from 'vitest';
import { quoteArgv } from './quote.ts';

describe('quoteArgv', () => {
  test('every word is quoted, harmless ones too', () => {
    expect(quoteArgv(['ls', '-l', '/tmp'])).toBe("'ls' '-l' '/tmp'");
  });

  test('a quote inside a word leaves the quotes, is escaped and enters them again', () => {
    expect(quoteArgv(['echo', "it's"])).toBe("'echo' 'it'\\''s'");
    expect(quoteArgv(["''; touch 'x"])).toBe("''\\'''\\''; touch '\\''x'");
  });

  test('an empty word stays a word', () => {
    expect(quoteArgv(['printf', ''])).toBe("'printf' ''");
  });

  test('a word with a NUL byte is refused, in any position', () => {
    expect(() => quoteArgv(['ls\0'])).toThrow('NUL');
    expect(() => quoteArgv(['ls', 'a\0b'])).toThrow('NUL');
  });

  test('a command that no kernel would take is refused', () => {
    expect(() => quoteArgv(['echo', 'é'.repeat(70_000)])).toThrow('too long');
  });
});
