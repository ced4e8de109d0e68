/**
 * WebSocket upgrades. A refusal is an HTTP answer before the upgrade; an admitted socket lives no longer than its session. An
 * upgrade is a GET for HTTP, but what it opens is an act: it is audited by effect, not by verb.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CLOSE_FORBIDDEN, CLOSE_UNAUTHENTICATED, MAX_TERMINAL_FRAME_BYTES } from '@serverbox/contract/terminal';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import { AppError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { answerError } from './answer-error.ts';
import type { ContextOf } from './context.ts';
import { findAccessToken } from './context.ts';
import type { SessionCookies } from './cookies.ts';
import type { Gate } from './gate.ts';
import type { OriginCheck } from './origin.ts';
import type { RequestContext } from './ports.ts';
import type { SocketRoute } from './stream-routes.ts';
import type { OpenStream, Streams } from './streams.ts';
import { untilLeft } from './until-left.ts';

/** An upgrade that brings its own authentication: the agents' link. */
export interface OpenUpgrade {
  path: string;
  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface SocketDeps {
  gate: Gate;
  streams: Streams;
  contextOf: ContextOf;
  checkOrigin: OriginCheck;
  cookies: SessionCookies;
  log: Log;
}

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

const headersOf = (request: IncomingMessage): Headers => {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
};

const matcherOf = (path: string): ((pathname: string) => Record<string, string> | undefined) => {
  const pattern = new RegExp(`^${path.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
  return (pathname) => {
    const match = pattern.exec(pathname);
    return match === null ? undefined : { ...match.groups };
  };
};

const refuse = (socket: Duplex, status: number, body: string): void => {
  socket.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
};

const CLOSE_CODES = { unauthenticated: CLOSE_UNAUTHENTICATED, forbidden: CLOSE_FORBIDDEN, shutdown: 1001 } as const;
/** RFC 6455 section 7.4.1: 1011 is an error of the server. */
const CLOSE_INTERNAL = 1011;

/** Runs one admitted session from its audit intent to its outcome. */
const runSession = async (
  deps: SocketDeps,
  route: SocketRoute,
  session: {
    ctx: RequestContext;
    input: unknown;
    admitted: Awaited<ReturnType<Gate['admit']>>;
    socket: WebSocket;
    lifetime: AbortController;
  },
): Promise<void> => {
  const { ctx, input, admitted, socket, lifetime } = session;
  socket.once('close', () => lifetime.abort());
  socket.on('error', (error) => deps.log.debug('socket failed', { requestId: ctx.requestId, error }));
  const { signal } = lifetime;
  const run = () => untilLeft(signal, route.connect({ ctx, ...admitted, input, signal }, socket), { left: true });
  try {
    if (route.audit === undefined) await run();
    else
      await deps.gate.audited(
        deps.gate.intentOf(ctx, admitted.principal, route.audit, input),
        run,
        (details) => details,
      );
    socket.close(1000);
  } catch (thrown) {
    const { error } = answerError(thrown, ctx.requestId, deps.log);
    if (socket.readyState === socket.OPEN) {
      socket.send(JSON.stringify({ type: 'error', code: error.code, message: error.message }));
      socket.close(CLOSE_INTERNAL, error.code);
    }
  }
};

/** The handler of the server's `upgrade` event. A path that nobody declared is refused. */
export const createUpgradeHandler = (
  routes: readonly SocketRoute[],
  open: readonly OpenUpgrade[],
  deps: SocketDeps,
): UpgradeHandler => {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_TERMINAL_FRAME_BYTES,
    perMessageDeflate: false,
  });
  const matchers = routes.map((route) => ({ route, match: matcherOf(route.path) }));

  const findRoute = (pathname: string) => {
    for (const { route, match } of matchers) {
      const params = match(pathname);
      if (params !== undefined) return { route, params };
    }
    return undefined;
  };

  const admit = async (request: IncomingMessage, socket: Duplex, head: Buffer, url: URL): Promise<void> => {
    const found = findRoute(url.pathname);
    if (found === undefined) throw new AppError('not_found', 'There is no such stream.');
    const { route, params } = found;
    const headers = headersOf(request);
    const byCookie = findAccessToken(headers, deps.cookies)?.byCookie ?? false;
    deps.checkOrigin({ origin: headers.get('origin'), host: headers.get('host'), byCookie });

    const lifetime = new AbortController();
    const ctx = await deps.contextOf({ headers, peer: request.socket.remoteAddress ?? '', signal: lifetime.signal });
    deps.gate.authenticate(ctx);
    const input = route.input.parse({ ...Object.fromEntries(url.searchParams), ...params });
    const admitted = await deps.gate.admit(ctx, route, input);
    let webSocket: WebSocket | undefined;
    const close: OpenStream['close'] = (reason) => {
      lifetime.abort(reason);
      webSocket?.close(CLOSE_CODES[reason], reason);
    };
    const release = deps.streams.open({ principal: admitted.principal, nodeId: admitted.node?.id, close });
    socket.once('close', release);
    server.handleUpgrade(request, socket, head, (upgraded) => {
      webSocket = upgraded;
      void runSession(deps, route, { ctx, input, admitted, socket: upgraded, lifetime });
    });
  };

  return (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const url = new URL(request.url ?? '/', 'http://upgrade');
    const handler = open.find(({ path }) => path === url.pathname);
    if (handler !== undefined) return handler.handle(request, socket, head);
    admit(request, socket, head, url).catch((thrown: unknown) => {
      const { error, body } = answerError(thrown, '', deps.log);
      refuse(socket, error.status, JSON.stringify(body));
    });
  };
};
