// @vitest-environment node
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SOURCE = join(import.meta.dirname, '../src');

/** What stands before the braces, without comments. */
const selectorsOf = (css: string): string[] =>
  css
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .split(/[{};]/)
    .filter((part) => !part.includes('calc('))
    .flatMap((part) => part.split(','))
    .map((part) => part.trim());

test('no rule is about the neighbour of just anything: each row that scrolls in would restyle the whole page', () => {
  const guilty = globSync('**/*.css', { cwd: SOURCE }).flatMap((file) =>
    selectorsOf(readFileSync(join(SOURCE, file), 'utf8'))
      .filter((selector) => /(?:^|[\s>+~])(?:\*|:[\w-]+)\s*[+~]/.test(selector))
      .map((selector) => `${file}: ${selector}`),
  );
  expect(guilty).toEqual([]);
});
