/** The REST interface for people and generators: OpenAPI 3.1 at `/api/openapi.json` and a page to read at `/api/docs`. */
import type { AnyRouter } from '@trpc/server';
import type { Hono } from 'hono';
import { listProcedures } from './describe.ts';
import type { HttpEnv } from './rest.ts';
import type { SocketRoute, StreamRoute } from './stream-routes.ts';

/** The document, made from the procedures themselves. The generator is loaded on first use: it is heavy and rarely asked for. */
const createOpenApi = async (router: AnyRouter, version: string, baseUrl: string) => {
  const { generateOpenApiDocument } = await import('trpc-to-openapi');
  return generateOpenApiDocument(router, {
    title: 'Server Box',
    description: 'The same procedures that the dashboard uses. Errors: {"error":{"code","message","requestId"}}.',
    version,
    baseUrl,
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
  });
};

const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

const page = (router: AnyRouter, streams: readonly (StreamRoute | SocketRoute)[]): string => {
  const procedures = listProcedures(router).flatMap(({ meta }) =>
    meta.openapi === undefined
      ? []
      : [[meta.openapi.method, meta.openapi.path, meta.openapi.summary, meta.permission ?? 'no login']],
  );
  const others = streams.map((route) => [
    route.kind === 'socket' ? 'WS' : 'GET',
    route.path.replaceAll(/:(\w+)/g, '{$1}'),
    route.summary,
    route.permission,
  ]);
  const rows = [...procedures, ...others]
    .sort((a, b) => `${a[1]}`.localeCompare(`${b[1]}`))
    .map((cells) => `<tr>${cells.map((cell) => `<td>${escapeHtml(`${cell}`)}</td>`).join('')}</tr>`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Server Box API</title><meta name="viewport" content="width=device-width">
<h1>Server Box API</h1><p>JSON in and out. Sign in with <code>POST /auth/login</code> and send <code>Authorization: Bearer …</code>.
Machine-readable: <a href="/api/openapi.json">/api/openapi.json</a> (OpenAPI 3.1).</p>
<table><thead><tr><th>Method</th><th>Path</th><th>Does</th><th>Permission</th></tr></thead><tbody>${rows.join('\n')}</tbody></table></html>`;
};

export const mountDocuments = (
  app: Hono<HttpEnv>,
  deps: { router: AnyRouter; streams: readonly (StreamRoute | SocketRoute)[]; version: string; baseUrl: string },
): void => {
  app.get('/api/openapi.json', async (c) => c.json(await createOpenApi(deps.router, deps.version, deps.baseUrl)));
  app.get('/api/docs', (c) => c.html(page(deps.router, deps.streams)));
};
