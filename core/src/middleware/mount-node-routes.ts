import { randomUUID } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import type { NodeId } from '@serverbox/contract/ids';
import type { Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AppError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { answerError, errorHeaders } from './answer-error.ts';
import type { ClientIp } from './client-ip.ts';
import type { CredentialKind, NodeCaller, NodeRoute } from './node-routes.ts';
import { readBody } from './read-body.ts';
import type { HttpEnv } from './rest.ts';

export interface NodeRoutesDeps {
  routes: readonly NodeRoute[];
  clientIp: ClientIp;
  /** Which node the header of a request proves. @throws AppError `unauthenticated` | `rate_limited` | `push_disabled` */
  authenticate(kind: CredentialKind, authorization: string | undefined, ip: string): Promise<NodeCaller>;
  /** A machine that names another node than its own: audited, and counted as a failed attempt. */
  onForeignName(caller: NodeCaller, claimed: string, ip: string): Promise<void>;
}

/** Of one node at a time: an agent asks for a job, sends a heartbeat and reports on what runs. */
const MAX_IN_FLIGHT = 12;
/** Where other systems let a machine say which one it is. */
const NAMES = ['nodeId', 'node_id', 'node', 'agentId'];
const NAME_HEADERS = ['x-node-id', 'x-agent-id', 'node-id'];

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

/** Any node that the request names beside its credential. */
const claimsIn = (c: Context<HttpEnv>, body: Record<string, unknown>): string[] => {
  const ofBody = NAMES.map((name) => (Object.hasOwn(body, name) ? body[name] : undefined));
  const ofQuery = NAMES.flatMap((name) => c.req.queries(name) ?? []);
  const ofHeaders = NAME_HEADERS.map((name) => c.req.header(name));
  return [...ofBody, ...ofQuery, ...ofHeaders].map(textOf).filter((claim) => claim !== undefined);
};

/** The credential says which node this is; whoever says something else besides is refused. @throws AppError `forbidden` */
const refuseForeignNames = async (
  { onForeignName }: NodeRoutesDeps,
  caller: NodeCaller,
  claims: readonly string[],
  ip: string,
): Promise<void> => {
  const foreign = claims.find((claim) => claim !== caller.node.id);
  if (foreign === undefined) return;
  await onForeignName(caller, foreign.slice(0, 100), ip);
  throw new AppError('forbidden', 'The credential belongs to another node than the one that the request names.');
};

/** @throws AppError `bad_request` for a body that names what stands in the path */
const joinInput = (body: Record<string, unknown>, params: Record<string, string>): Record<string, unknown> => {
  const clash = Object.keys(params).find((name) => Object.hasOwn(body, name));
  if (clash !== undefined) throw new AppError('bad_request', `${clash} stands in the path; the body must not name it.`);
  return { ...body, ...params };
};

const createInFlight = () => {
  const counts = new Map<NodeId, number>();
  /** @throws AppError `too_many_streams` */
  return (nodeId: NodeId): (() => void) => {
    const count = counts.get(nodeId) ?? 0;
    if (count >= MAX_IN_FLIGHT) {
      throw new AppError('too_many_streams', 'Too many requests of this node are open.', { retryAfterSeconds: 5 });
    }
    counts.set(nodeId, count + 1);
    return () => {
      const left = (counts.get(nodeId) ?? 1) - 1;
      if (left === 0) counts.delete(nodeId);
      else counts.set(nodeId, left);
    };
  };
};

const createServe = (deps: NodeRoutesDeps) => {
  const enter = createInFlight();
  return async (c: Context<HttpEnv>, route: NodeRoute): Promise<unknown> => {
    const { incoming } = c.env as HttpBindings;
    const ip = deps.clientIp(incoming.socket.remoteAddress ?? '', c.req.header('x-forwarded-for'));
    const authenticate = () => deps.authenticate(route.credential, c.req.header('authorization'), ip);
    const caller = await authenticate();
    const leave = enter(caller.node.id);
    try {
      const body = route.method === 'GET' ? {} : await readBody(c.req.raw, route.maxBodyBytes);
      await refuseForeignNames(deps, caller, claimsIn(c, body), ip);
      const input = route.input.parse(joinInput(body, c.req.param()));
      const confirm = async () => void (await authenticate());
      const reply = await route.serve({ node: caller.node, input, ip, signal: c.req.raw.signal, confirm });
      const checked = route.output.safeParse(reply);
      if (!checked.success) throw new Error('the reply does not fit its schema', { cause: checked.error });
      return checked.data;
    } finally {
      leave();
    }
  };
};

/** Mounted before the limits and the session of people, as these have their own. */
export const mountNodeRoutes = (app: Hono<HttpEnv>, deps: NodeRoutesDeps, log: Log): void => {
  const serve = createServe(deps);
  for (const route of deps.routes) {
    app.on(route.method, route.path, async (c) => {
      const requestId = randomUUID();
      c.header('x-request-id', requestId);
      c.header('cache-control', 'no-store');
      try {
        return c.json(await serve(c, route));
      } catch (thrown) {
        const { error, body } = answerError(thrown, requestId, log);
        return c.json(body, error.status as ContentfulStatusCode, errorHeaders(error));
      }
    });
  }
};
