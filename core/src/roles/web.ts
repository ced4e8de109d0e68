/** The role that answers browsers, tools and agents: one HTTP server for the API, the documents and the dashboard. */
import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createAdaptorServer } from '@hono/node-server';
import { serveStatic } from '@hono/node-server/serve-static';
import type { Context, Hono } from 'hono';
import { AppError } from '../lib/errors.ts';
import type { UpgradeHandler } from '../middleware/mount-sockets.ts';
import type { HttpEnv } from '../middleware/rest.ts';

export interface WebDeps {
  app: Hono<HttpEnv>;
  onUpgrade: UpgradeHandler;
  /** The built dashboard. */
  dashboardDir: string;
  host: string;
  port: number;
}

export interface Web {
  url: string;
  /** Stops accepting, lets running answers finish for two seconds, then cuts what is left. */
  stop(): Promise<void>;
}

const DRAIN_MS = 2000;
/** Slow loris: a request has to arrive whole within these times. */
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;

const mountDashboard = (app: Hono<HttpEnv>, root: string): void => {
  app.all('/api/*', () => {
    throw new AppError('not_found', 'There is no such endpoint.');
  });
  if (!existsSync(join(root, 'index.html'))) {
    app.get('*', (c) => c.text('The dashboard has not been built yet: run "npm start". The API is at /api.', 503));
    return;
  }
  // Names of built files carry a hash of their content; a missing one must not be answered with the page.
  const immutable = (_: string, c: Context) => c.header('cache-control', 'public, max-age=31536000, immutable');
  app.get('/assets/*', serveStatic({ root, precompressed: true, onFound: immutable }), (c) => c.notFound());
  const onFound = (_: string, c: Context) => c.header('cache-control', 'no-cache');
  app.get('*', serveStatic({ root, onFound }));
  // Every other path is a page of the single-page application.
  app.get('*', serveStatic({ root, path: 'index.html', onFound }));
};

const listen = (server: Server, host: string, port: number): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const sentence =
        error.code === 'EADDRINUSE'
          ? `Port ${port} on ${host} is already in use. Is another Server Box running? Set PORT to another one.`
          : `Cannot listen on ${host}:${port}: ${error.message}.`;
      reject(new AppError('conflict', sentence, { cause: error }));
    });
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });

const urlOf = ({ family, address, port }: AddressInfo): string => {
  const isAny = address === '0.0.0.0' || address === '::';
  const host = isAny ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  return `http://${host}:${port}`;
};

/** Listens. @throws AppError `conflict` with one sentence when the port is taken */
export const startWeb = async ({ app, onUpgrade, dashboardDir, host, port }: WebDeps): Promise<Web> => {
  mountDashboard(app, dashboardDir);
  const server = createAdaptorServer({ fetch: app.fetch, serverOptions: { maxHeaderSize: 16 * 1024 } }) as Server;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.on('upgrade', onUpgrade);
  const address = await listen(server, host, port);
  return {
    url: urlOf(address),
    stop: () =>
      new Promise((resolve) => {
        const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
};
