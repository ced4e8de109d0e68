import type { ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Log } from '../lib/log.ts';
import { answerError, errorHeaders } from './answer-error.ts';
import type { Gate } from './gate.ts';
import type { HttpEnv } from './rest.ts';
import type { StreamRoute } from './stream-routes.ts';
import type { OpenStream, Streams } from './streams.ts';
import { untilLeft } from './until-left.ts';

export interface StreamDeps {
  gate: Gate;
  streams: Streams;
  log: Log;
}

/** Aborts when the client hangs up, or when `close` is called: then with why as the signal's reason. */
const lifetimeOf = (response: ServerResponse): { signal: AbortSignal; close: OpenStream['close'] } => {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return { signal: controller.signal, close: (reason) => controller.abort(reason) };
};

const serve = async (
  c: Context<HttpEnv>,
  route: StreamRoute,
  deps: StreamDeps,
  response: ServerResponse,
): Promise<void> => {
  const { ctx } = c.var;
  deps.gate.authenticate(ctx);
  const input = route.input.parse({ ...c.req.query(), ...c.req.param() });
  const { principal, node } = await deps.gate.admit(ctx, route, input);
  const { signal, close } = lifetimeOf(response);
  const release = deps.streams.open({ principal, nodeId: node?.id, close });
  const run = () => untilLeft(signal, route.serve({ ctx, principal, node, input, signal }, response), undefined);
  try {
    if (route.audit === undefined) await run();
    else await deps.gate.audited(deps.gate.intentOf(ctx, principal, route.audit, input), run);
  } finally {
    release();
    // Ends an answer that the abort interrupted; a no-op for one that is complete.
    if (response.headersSent) response.end();
  }
};

/** Mounts server-sent events and downloads: they pass the gate, hold a slot and write to the raw response. */
export const mountStreams = (app: Hono<HttpEnv>, routes: readonly StreamRoute[], deps: StreamDeps): void => {
  for (const route of routes) {
    app.get(route.path, async (c) => {
      const { outgoing } = c.env as HttpBindings;
      const response = outgoing as ServerResponse;
      try {
        await serve(c, route, deps, response);
        return RESPONSE_ALREADY_SENT;
      } catch (thrown) {
        const { error, body } = answerError(thrown, c.var.ctx.requestId, deps.log);
        if (response.headersSent) {
          // Too late for a status: the cut connection is the error.
          response.destroy();
          return RESPONSE_ALREADY_SENT;
        }
        return c.json(body, error.status as ContentfulStatusCode, errorHeaders(error));
      }
    });
  }
};
