/** Which file holds which numbered security test, read off the names of the tests. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { code, table } from './markdown.ts';

const ROOT = join(import.meta.dirname, '../..');
const ID = /\b(AN|AZ|GA|AG|IN|WS|SE|SH|SP|AU|JO|DE|BK|NI|DB|RE|NO|CL|SC|SU)-(\d+)\b/g;
/** Lines that name a test: `test('…`, `test.each(…)('…`, `t.Run("…`, `func Test…`, or a comment right above a Go test. */
const NAMES = /\b(test|it|describe)(\.each)?\(|\)\(['"`]|^\s*['"`][A-Z]{2}-\d+|t\.Run\(|func (Test|Fuzz)|^\/\/ /;

const testFiles = (): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((path) => /(\.test\.tsx?|_test\.go|-conformance\.ts)$/.test(path));

export const describeSecurityTests = (): string => {
  const found = new Map<string, Set<string>>();
  for (const path of testFiles()) {
    const lines = readFileSync(join(ROOT, path), 'utf8').split('\n');
    for (const line of lines.filter((text) => NAMES.test(text))) {
      for (const [id] of line.matchAll(ID)) found.set(id, (found.get(id) ?? new Set()).add(path));
    }
  }
  const order = (id: string): string => id.replace(/\d+/, (digits) => digits.padStart(3, '0'));
  const rows = [...found]
    .sort(([a], [b]) => order(a).localeCompare(order(b)))
    .map(([id, files]) => [id, [...files].sort().map(code).join('<br>')]);
  return `# Security tests

The numbered tests of the threat model that the suite holds today, and where.

${table(['Test', 'Files'], rows)}`;
};
