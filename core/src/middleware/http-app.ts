/** The HTTP surface: headers, limits, context, origin; then tRPC, REST and streams of the same gate; then the dashboard. */
import type { HttpBindings } from '@hono/node-server';
import type { AnyRouter } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import type { MiddlewareHandler } from 'hono';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { secureHeaders } from 'hono/secure-headers';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AppError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { answerError, errorHeaders } from './answer-error.ts';
import type { ContextOf } from './context.ts';
import { findAccessToken } from './context.ts';
import type { SessionCookies } from './cookies.ts';
import type { Gate } from './gate.ts';
import type { NodeRoutesDeps } from './mount-node-routes.ts';
import { mountNodeRoutes } from './mount-node-routes.ts';
import { mountStreams } from './mount-streams.ts';
import type { OriginCheck } from './origin.ts';
import type { HttpEnv } from './rest.ts';
import { mountRest } from './rest.ts';
import type { StreamRoute } from './stream-routes.ts';
import type { Streams } from './streams.ts';
import { toAppError } from './trpc-errors.ts';

const MAX_BODY_BYTES = 1024 * 1024;
/** What needs a caller's identity; everything else is the dashboard's static files. */
const API_PATHS = ['/api/*', '/auth/*', '/trpc/*', '/health'] as const;
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface HttpDeps {
  router: AnyRouter;
  streamRoutes: readonly StreamRoute[];
  /** What machines ask with credentials of their own. */
  nodeRoutes?: NodeRoutesDeps;
  gate: Gate;
  streams: Streams;
  contextOf: ContextOf;
  checkOrigin: OriginCheck;
  cookies: SessionCookies;
  isHttps: boolean;
  log: Log;
}

/**
 * Scripts, styles, fonts and connections come from this origin alone. `style-src` allows no inline sheet; what charts and the
 * terminal set at run time goes through the CSS object model, which the policy does not restrict.
 */
const securityHeaders = (isHttps: boolean) =>
  secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      manifestSrc: ["'self'"],
      workerSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
    // Over plain http a browser ignores these two, and complains about it on every page.
    crossOriginOpenerPolicy: isHttps ? 'same-origin' : false,
    originAgentCluster: isHttps,
    referrerPolicy: 'no-referrer',
    strictTransportSecurity: isHttps ? 'max-age=31536000' : false,
    xFrameOptions: 'DENY',
    permissionsPolicy: { camera: [], microphone: [], geolocation: [], payment: [], usb: [] },
  });

const mountTrpc = (app: Hono<HttpEnv>, { router, log }: HttpDeps): void => {
  app.all('/trpc/*', async (c) => {
    const { ctx } = c.var;
    const response = await fetchRequestHandler({
      endpoint: '/trpc',
      req: c.req.raw,
      router,
      createContext: () => ctx,
      onError: ({ error, path }) => {
        const ours = toAppError(error);
        if (ours.code === 'internal')
          log.error('request failed', { requestId: ctx.requestId, path, error: ours.cause ?? ours });
      },
    });
    for (const cookie of ctx.responseHeaders.getSetCookie()) response.headers.append('set-cookie', cookie);
    return response;
  });
};

/** Who asks, and whether a foreign page made the browser ask. */
const mountContext = (app: Hono<HttpEnv>, { contextOf, checkOrigin, cookies }: HttpDeps): void => {
  const middleware: MiddlewareHandler<HttpEnv> = async (c, next) => {
    const { headers } = c.req.raw;
    const { incoming } = c.env as HttpBindings;
    const ctx = await contextOf({ headers, peer: incoming.socket.remoteAddress ?? '', signal: c.req.raw.signal });
    c.set('ctx', ctx);
    c.header('x-request-id', ctx.requestId);
    c.header('cache-control', 'no-store');
    if (!SAFE_METHODS.has(c.req.method)) {
      const hasCookie =
        findAccessToken(headers, cookies)?.byCookie === true || cookies.readRefresh(headers) !== undefined;
      const hasBearer = headers.has('authorization');
      checkOrigin({ origin: headers.get('origin'), host: headers.get('host'), byCookie: hasCookie && !hasBearer });
    }
    await next();
  };
  for (const path of API_PATHS) app.use(path, middleware);
};

/** Everything under `/api`, `/auth`, `/trpc` and `/health`; `roles/web.ts` adds documents, dashboard and the final 404. */
export const createHttpApp = (deps: HttpDeps): Hono<HttpEnv> => {
  const { log } = deps;
  const app = new Hono<HttpEnv>();

  app.onError((thrown, c) => {
    const { error, body } = answerError(thrown, c.var.ctx?.requestId ?? '', log);
    return c.json(body, error.status as ContentfulStatusCode, errorHeaders(error));
  });
  app.use(securityHeaders(deps.isHttps));
  if (deps.nodeRoutes !== undefined) mountNodeRoutes(app, deps.nodeRoutes, log);
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new AppError('payload_too_large', `The body is larger than ${MAX_BODY_BYTES} bytes.`);
      },
    }),
  );
  mountContext(app, deps);
  mountStreams(app, deps.streamRoutes, deps);
  app.use(compress());
  mountTrpc(app, deps);
  mountRest(app, deps.router, log);
  log.debug('http surface mounted', { routes: app.routes.length });
  return app;
};
