import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quoteArgv } from './quote.ts';

/** Prints each argument followed by a NUL: the only byte that no argument can contain. */
const PRINTER = ['printf', '%s\\0'] as const;

const SHELLS = ['sh', 'dash', 'bash --norc', 'busybox sh'];
const CANARIES = [
  '$(touch canary)',
  '`touch canary`',
  ';touch canary',
  '|touch canary',
  '&&touch canary',
  "';touch canary;'",
];

const received = (shell: string, words: readonly string[], cwd: string): string[] => {
  const [program = '', ...before] = shell.split(' ');
  const output = execFileSync(program, [...before, '-c', quoteArgv([...PRINTER, ...words])], { cwd });
  return output.toString('utf8').split('\0').slice(0, -1);
};

/** Anything but NUL; half of the time only characters that shells care about. */
const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\0', '').toWellFormed()),
  fc.string({ unit: fc.constantFrom(...' \t\r\n\'"\\$`;|&<>(){}[]*?!~#=%-\u2028\u0085é'), maxLength: 40 }),
);

test.each(SHELLS)('IN-3 %s receives exactly the words that were quoted', (shell) => {
  const cwd = mkdtempSync(join(tmpdir(), 'serverbox-quote-'));
  try {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
        expect(received(shell, words, cwd)).toEqual(words);
      }),
      { numRuns: 150 },
    );
    expect(received(shell, CANARIES, cwd)).toEqual(CANARIES);
    expect(existsSync(join(cwd, 'canary'))).toBe(false);
  } finally {
    rmSync(cwd, { recursive: true });
  }
});
