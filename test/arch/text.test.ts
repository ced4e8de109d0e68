/** Rules that can be read off the text of the repository. Each offender is shown as `file:line`. */

import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { ERROR_CODES } from '../../contract/src/errors.ts';
import { isTest, listFiles, ROOT, read } from './sources.ts';

const offenders = (files: readonly string[], pattern: RegExp): string[] =>
  files.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) && !/^\s*(\/\/|\*|\/\*)/.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [],
      ),
  );
const product = (pattern: RegExp) => listFiles(pattern).filter((path) => !isTest(path));
const core = product(/^core\/src\/.*\.ts$/);

test('process.env is read in config.ts and nowhere else', () => {
  expect(
    offenders(
      core.filter((path) => path !== 'core/src/config.ts' && path !== 'core/src/lib/db/testing-setup.ts'),
      /process\.env/,
    ),
  ).toEqual([]);
});

test('IN-1 no shell: no exec, execSync or shell option', () => {
  expect(offenders(core, /\b(execSync|spawnSync)\b|shell:\s*true|\bexec\(\s*[`'"]/)).toEqual([]);
});

test('IN-18 no raw SQL text: values always travel as parameters', () => {
  expect(
    offenders(
      core.filter((path) => !path.startsWith('core/src/lib/db/')),
      /sql\.raw\(/,
    ),
  ).toEqual([]);
});

test('SH-3 host keys are always checked: ssh2 clients are made in one place, with a verifier', () => {
  const makers = core.filter((path) => /new (ssh2\.)?Client\(/.test(read(path)) && /ssh2/.test(read(path)));
  expect(makers.length).toBeGreaterThan(0);
  for (const path of makers)
    expect(
      listFiles(/^core\/src\/lib\/link\//).some((f) => f === path),
      path,
    ).toBe(true);
  expect(core.some((path) => /hostVerifier/.test(read(path)))).toBe(true);
  expect(offenders(listFiles(/\.(ts|mjs|sh|go|json|md)$/), /StrictHostKeyChecking[= ](no|off)/)).toEqual([]);
});

test('colours stand in variables.css and nowhere else', () => {
  const files = product(/^dashboard\/src\/.*\.(css|ts|tsx)$/).filter((path) => !path.endsWith('styles/variables.css'));
  expect(offenders(files, /#[0-9a-fA-F]{3,8}\b(?=[;,'"\s)])|\brgba?\(|\bhsla?\(|!important/)).toEqual([]);
});

test('every error code is thrown somewhere', () => {
  const sources = product(/^core\/src\/.*\.ts$/)
    .map(read)
    .join('\n');
  expect(ERROR_CODES.filter((code) => !sources.includes(`'${code}'`))).toEqual([]);
});

const documents = listFiles(/^(README|CONTRIBUTING|CHANGELOG|SECURITY|docs\/.*)\.md$|^[A-Z]+\.md$/);

test('every "npm run" in the documents exists', () => {
  const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);
  const named = documents.flatMap((path) =>
    [...read(path).matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? ''),
  );
  expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
});

test('every relative link in the documents leads somewhere', () => {
  const broken = documents.flatMap((path) =>
    [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .map((match) => normalize(join(dirname(path), match[1] ?? '')))
      .filter((target) => !existsSync(join(ROOT, target)))
      .map((target) => `${path} → ${target}`),
  );
  expect(broken).toEqual([]);
});

test('decision records are numbered without gaps', () => {
  const numbers = listFiles(/^docs\/adr\/\d{4}-[a-z0-9-]+\.md$/).map((path) => Number(path.slice(9, 13)));
  expect(numbers.sort((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
});
