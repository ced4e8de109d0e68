/**
 * Surfaces that are not procedures: server-sent events, downloads and WebSockets. Declared like procedures, so that they pass
 * the same gate and stand in the same privilege snapshot; mounted by `mount-streams.ts` and `mount-sockets.ts`.
 */
import type { ServerResponse } from 'node:http';
import type { Permission } from '@serverbox/contract/permissions';
import type { WebSocket } from 'ws';
import type { z } from 'zod';
import type { Scope } from './gate.ts';
import type { Principal, RequestContext, ScopedNode } from './ports.ts';

interface Declared<I extends z.ZodType> {
  /** Hono's pattern, e.g. `/api/nodes/:nodeId/terminal`. Path and query parameters together are the input. */
  path: `/${string}`;
  summary: string;
  permission: Permission;
  scope: Scope;
  /** Present where opening the stream is an act: intent when it opens, outcome when it ends. */
  audit?: string;
  input: I;
}

export interface StreamRequest<I> {
  ctx: RequestContext;
  principal: Principal;
  /** There exactly when the scope is `node`. */
  node: ScopedNode | undefined;
  input: I;
  /** Aborts when the client is gone; with the reason of `OpenStream.close` when the session ended or the core stops. */
  signal: AbortSignal;
}

export interface StreamRoute<I extends z.ZodType = z.ZodType> extends Declared<I> {
  kind: 'stream';
  /**
   * Writes the answer to the raw response and resolves when it is complete or `signal` aborts. An error thrown before the
   * headers are sent becomes a JSON error; afterwards the connection is cut, which the client sees as such.
   */
  serve(request: StreamRequest<z.infer<I>>, response: ServerResponse): Promise<void>;
}

export interface SocketRoute<I extends z.ZodType = z.ZodType> extends Declared<I> {
  kind: 'socket';
  /** Runs the session; resolves when it is over. What it returns becomes details of the audit outcome. */
  connect(request: StreamRequest<z.infer<I>>, socket: WebSocket): Promise<Record<string, unknown>>;
}

/** Keeps each route's own input type while it is written and forgets it in the list. */
export const streamRoute = <I extends z.ZodType>(route: Omit<StreamRoute<I>, 'kind'>): StreamRoute =>
  ({ ...route, kind: 'stream' }) as unknown as StreamRoute;
export const socketRoute = <I extends z.ZodType>(route: Omit<SocketRoute<I>, 'kind'>): SocketRoute =>
  ({ ...route, kind: 'socket' }) as unknown as SocketRoute;
