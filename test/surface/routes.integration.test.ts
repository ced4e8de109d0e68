import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeSurface, listNodeRoutes, listStreams } from '../../core/src/describe-surface.ts';
import { silentLog } from '../../core/src/lib/log.ts';
import { mountDocuments } from '../../core/src/middleware/documents.ts';
import type { Gate } from '../../core/src/middleware/gate.ts';
import type { HttpDeps } from '../../core/src/middleware/http-app.ts';
import { createHttpApp } from '../../core/src/middleware/http-app.ts';
import type { NodeRoutesDeps } from '../../core/src/middleware/mount-node-routes.ts';
import { createProcedures } from '../../core/src/middleware/procedures.ts';
import type { StreamRoute } from '../../core/src/middleware/stream-routes.ts';
import type { RouterServices } from '../../core/src/router.ts';
import { createRouter } from '../../core/src/router.ts';

const CORE = join(import.meta.dirname, '../../core/src');
/** Declarations only capture what they are given: nothing is called while routes are listed. */
const absent = <T>(): T => ({}) as T;

const listMounted = (): string[] => {
  const router = createRouter(createProcedures(absent<Gate>()), absent<RouterServices>());
  const streamRoutes = listStreams().filter((route): route is StreamRoute => route.kind === 'stream');
  const nodeRoutes = { ...absent<NodeRoutesDeps>(), routes: listNodeRoutes() };
  const app = createHttpApp({
    ...absent<HttpDeps>(),
    router,
    streamRoutes,
    nodeRoutes,
    isHttps: false,
    log: silentLog,
  });
  mountDocuments(app, { router, streams: [], version: '0', baseUrl: 'http://localhost' });
  const routes = app.routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  return [...new Set(routes)].sort();
};

/** What stands before every route, and the two documents that anybody may read. */
const FRAME = [
  'ALL /*',
  'ALL /api/*',
  'ALL /auth/*',
  'ALL /health',
  'ALL /trpc/*',
  'GET /api/docs',
  'GET /api/openapi.json',
];

test('AZ-2 every route of the running program is in the surface, and nothing else answers', () => {
  const declared = describeSurface()
    .filter(({ method }) => method !== undefined && method !== 'WS')
    .map(({ method, path }) => `${method} ${path}`);
  expect(listMounted()).toEqual([...new Set([...FRAME, ...declared])].sort());
});

test('AZ-2 routes are mounted in these files only', async () => {
  const files: string[] = [];
  for await (const file of glob('**/*.ts', { cwd: CORE })) {
    const mounts = /\bapp\.(?:get|post|put|patch|delete|all|on|use|route|mount)\(/.test(
      readFileSync(join(CORE, file), 'utf8'),
    );
    if (mounts && !file.endsWith('.test.ts') && !file.includes('testing')) files.push(file);
  }
  expect(files.sort()).toEqual([
    'features/onboarding/downloads.ts',
    'features/push/script.ts',
    'middleware/documents.ts',
    'middleware/http-app.ts',
    'middleware/mount-node-routes.ts',
    'middleware/mount-streams.ts',
    'middleware/rest.ts',
    'roles/web.ts',
  ]);
});
