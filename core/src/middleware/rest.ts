/**
 * REST from the same procedures: each one with `meta.rest` becomes one Hono route, registered once at start. There is no second
 * implementation; path, query and JSON body together are the procedure's input.
 */
import type { AnyRouter } from '@trpc/server';
import { callTRPCProcedure } from '@trpc/server';
import type { Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AppError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { answerError, errorHeaders } from './answer-error.ts';
import type { DescribedProcedure } from './describe.ts';
import { listProcedures } from './describe.ts';
import type { RequestContext } from './ports.ts';

export type HttpEnv = { Variables: { ctx: RequestContext } };

const readBody = async (c: Context<HttpEnv>): Promise<Record<string, unknown>> => {
  if (c.req.method === 'GET') return {};
  const text = await c.req.text();
  if (text === '') return {};
  if (!(c.req.header('content-type') ?? '').startsWith('application/json')) {
    throw new AppError('bad_request', 'The body has to be JSON, with content-type application/json.');
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new AppError('bad_request', 'The body is not valid JSON.', { cause });
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new AppError('bad_request', 'The body has to be a JSON object.');
  }
  return body as Record<string, unknown>;
};

/** Path, query and body together. @throws AppError `bad_request` */
const readInput = async (c: Context<HttpEnv>): Promise<Record<string, unknown>> => {
  const body = await readBody(c);
  const params = c.req.param();
  const clash = Object.keys(params).find((name) => name in body);
  if (clash !== undefined) throw new AppError('bad_request', `${clash} stands in the path; the body must not name it.`);
  return { ...c.req.query(), ...body, ...params };
};

/** Words before patterns, which would swallow them: `/api/nodes/sparks` before `/api/nodes/{nodeId}`. */
const patternsLast = (procedures: readonly DescribedProcedure[]): DescribedProcedure[] => {
  const countParams = ({ meta }: DescribedProcedure): number => meta.openapi?.path.split('{').length ?? 0;
  return procedures.toSorted((left, right) => countParams(left) - countParams(right));
};

export const mountRest = (app: Hono<HttpEnv>, router: AnyRouter, log: Log): void => {
  for (const { path, meta, type } of patternsLast(listProcedures(router))) {
    const { openapi: rest } = meta;
    if (rest === undefined) continue;
    app.on(rest.method, rest.path.replaceAll(/\{(\w+)\}/g, ':$1'), async (c) => {
      const ctx = c.var.ctx;
      try {
        const signal = ctx.signal;
        const result = await callTRPCProcedure({
          router,
          path,
          // Read when it is asked for, which is after the caller is known.
          getRawInput: () => readInput(c),
          ctx,
          type,
          signal,
          batchIndex: 0,
        });
        for (const cookie of ctx.responseHeaders.getSetCookie()) c.header('set-cookie', cookie, { append: true });
        const status = ctx.responseHeaders.get('x-status');
        return c.json(result, status === null ? 200 : (Number(status) as ContentfulStatusCode));
      } catch (thrown) {
        const { error, body } = answerError(thrown, ctx.requestId, log);
        return c.json(body, error.status as ContentfulStatusCode, errorHeaders(error));
      }
    });
  }
};
