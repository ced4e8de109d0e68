// @vitest-environment node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Rolldown } from 'vite';
import { build } from 'vite';
import { beforeAll, expect, test, vi } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
/** All JavaScript that has to arrive before the login can be used, gzip level 6. */
const LOGIN_BUDGET_BYTES = 138_000;

type Chunk = Rolldown.OutputChunk;

const gzipBytes = (code: string): number => gzipSync(code, { level: 6 }).length;

let chunks: Map<string, Chunk>;
let loginPath: Chunk[];

/** A chunk and everything that it imports statically: what the browser fetches before it runs. */
const withStaticImports = (chunk: Chunk, seen = new Set<Chunk>()): Set<Chunk> => {
  if (seen.has(chunk)) return seen;
  seen.add(chunk);
  for (const file of chunk.imports) {
    const imported = chunks.get(file);
    if (imported !== undefined) withStaticImports(imported, seen);
  }
  return seen;
};

const modulesOf = (path: readonly Chunk[]): string[] => path.flatMap((chunk) => chunk.moduleIds);

beforeAll(async () => {
  // The test runner says "test", with which React would build its larger development version.
  vi.stubEnv('NODE_ENV', 'production');
  const built = await build({ root: ROOT, logLevel: 'error', mode: 'production', build: { write: false } });
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((each) => ('output' in each ? each.output : []));
  chunks = new Map(outputs.filter((file) => file.type === 'chunk').map((chunk) => [chunk.fileName, chunk]));
  const entry = [...chunks.values()].find((chunk) => chunk.isEntry) ?? expect.fail('the build has no entry');
  loginPath = [...withStaticImports(entry)];
}, 120_000);

test('the JavaScript before the login is usable stays within its budget', () => {
  const appearance = readFileSync(join(ROOT, 'public/appearance.js'), 'utf8');
  const bytes = [appearance, ...loginPath.map((chunk) => chunk.code)].reduce((sum, code) => sum + gzipBytes(code), 0);
  expect(bytes).toBeLessThanOrEqual(LOGIN_BUDGET_BYTES);
});

test('the login brings along its own page and nothing that only later pages need', () => {
  const modules = modulesOf(loginPath);
  expect(modules.some((id) => id.includes('/pages/auth/LoginPage.tsx'))).toBe(true);
  const LATER = /node_modules\/(?:@xterm|uplot|@base-ui|zod|@tanstack\/react-(?:virtual|table))\//;
  expect(modules.filter((id) => LATER.test(id))).toEqual([]);
});

test.each([
  ['terminal', /node_modules\/@xterm\//],
  ['charts', /node_modules\/uplot\//],
])('the library of the %s loads only when a page shows one', (_name, library) => {
  const frame = [...chunks.values()].filter((chunk) => chunk.moduleIds.some((id) => id.endsWith('/AppFrame.tsx')));
  const withFrame = frame.flatMap((chunk) => [...withStaticImports(chunk)]);
  expect(modulesOf([...chunks.values()]).some((id) => library.test(id))).toBe(true);
  expect(modulesOf(withFrame).filter((id) => library.test(id))).toEqual([]);
});
