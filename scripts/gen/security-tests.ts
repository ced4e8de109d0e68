/** Which file holds which numbered security test, read off the names of the tests. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { code, table } from './markdown.ts';

const ROOT = join(import.meta.dirname, '../..');
const AREA = 'AN|AZ|GA|AG|IN|WS|SE|SH|SP|AU|JO|DE|BK|NI|DB|RE|NO|CL|SC|SU';
const ID = new RegExp(`\\b(?:${AREA})-\\d+\\b`, 'g');
/** Lines that name a test: `test('…`, `test.each(…)('…`, or what stands first in a line of cases. */
const NAMES = /\b(test|it|describe)(\.each)?\(|\)\(['"`]|^\s*\[?['"`][A-Z]{2}-\d+/;
/** A Go test carries the id in its name without the dash, `TestAG12…`, in the name of a subtest or in a comment of its own. */
const GO_NAMES = /^func (?:Test|Fuzz)|\bt\.Run\("|^\s*\/\/ [A-Z]{2}-\d+/;
const GO_FUNC = new RegExp(`^func (?:Test|Fuzz)(${AREA})(\\d+)`);

const testFiles = (): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((path) => /(\.test\.tsx?|_test\.go|-conformance\.ts)$/.test(path));

/** The ids that a file's tests carry in their names. */
export const listIds = (path: string, text: string): string[] => {
  const isGo = path.endsWith('.go');
  const lines = text.split('\n').filter((line) => (isGo ? GO_NAMES : NAMES).test(line));
  const spelled = lines.map((line) => (isGo ? line.replace(GO_FUNC, '$1-$2 ') : line));
  return [...new Set(spelled.flatMap((line) => line.match(ID) ?? []))];
};

export const describeSecurityTests = (): string => {
  const found = new Map<string, Set<string>>();
  for (const path of testFiles()) {
    const ids = listIds(path, readFileSync(join(ROOT, path), 'utf8'));
    for (const id of ids) found.set(id, (found.get(id) ?? new Set()).add(path));
  }
  const order = (id: string): string => id.replace(/\d+/, (digits) => digits.padStart(3, '0'));
  const rows = [...found]
    .sort(([a], [b]) => order(a).localeCompare(order(b)))
    .map(([id, files]) => [id, [...files].sort().map(code).join('<br>')]);
  return `# Security tests

The numbered tests of the threat model that the suite holds today, and where.

${table(['Test', 'Files'], rows)}`;
};
