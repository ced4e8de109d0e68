/**
 * The three builders; there is no raw procedure. Each takes its whole contract in one object, so that who asks is known before
 * the input is read, the input is parsed before anything is decided, and the privilege surface can be read off the router
 * (`describeRouter`).
 */
import type { Permission } from '@serverbox/contract/permissions';
import { initTRPC } from '@trpc/server';
import type { z } from 'zod';
import type { Declaration, Gate, Scope } from './gate.ts';
import type { Principal, RequestContext, ScopedNode } from './ports.ts';
import { trpcErrorShape } from './trpc-errors.ts';

/** Where the procedure also stands as REST. `{name}` in the path is filled from the input. */
export interface RestRoute {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: `/${string}`;
  summary: string;
}

export interface ProcedureMeta {
  kind: 'open' | 'read' | 'act';
  permission?: Permission;
  scope?: Scope;
  audit?: string;
  /** The name under which the OpenAPI generator looks for it. */
  openapi?: RestRoute & { protect: boolean; tags: string[] };
}

interface Contract<I extends z.ZodType, O extends z.ZodType> {
  input: I;
  output: O;
  rest?: RestRoute;
}
interface Guarded<I extends z.ZodType, O extends z.ZodType, S extends Scope> extends Contract<I, O> {
  permission: Permission;
  scope: S;
}

interface Audited<I extends z.ZodType, O extends z.ZodType, S extends Scope> extends Guarded<I, O, S> {
  /** Name of the action in the trail. */
  audit: string;
  /** What of the input belongs there beside ids and names. Never a secret. */
  auditDetails?(input: z.output<I>): Record<string, unknown>;
  /** What of the result belongs there, e.g. the id of what was made. */
  auditResult?(result: z.output<O>): Record<string, unknown>;
}

/** What a handler finds in its context: `node` is there exactly when the scope is `node`. */
export interface GuardedContext<S extends Scope> extends RequestContext {
  principal: Principal;
  node: S extends 'node' ? ScopedNode : undefined;
}

const described = (rest: RestRoute | undefined, kind: ProcedureMeta['kind']) => {
  if (rest === undefined) return {};
  const tag = rest.path.split('/').find((part) => part !== '' && part !== 'api') ?? 'core';
  return { openapi: { ...rest, protect: kind !== 'open', tags: [tag] } };
};

const t = initTRPC
  .context<RequestContext>()
  .meta<ProcedureMeta>()
  .create({ isDev: false, errorFormatter: trpcErrorShape });

export const router = t.router;

export const createProcedures = (gate: Gate) => {
  const authenticated = t.middleware(({ ctx, next }) => {
    gate.authenticate(ctx);
    return next();
  });

  const admitted = <S extends Scope>(declaration: Declaration & { scope: S }) =>
    t.middleware(async ({ ctx, input, next }) => {
      const { principal, node } = await gate.admit(ctx, declaration, input);
      return next({ ctx: { principal, node } as Pick<GuardedContext<S>, 'principal' | 'node'> });
    });

  const audited = <I extends z.ZodType, O extends z.ZodType>({ audit, ...tell }: Audited<I, O, Scope>) =>
    t.middleware(async ({ ctx, input, next }) => {
      const { principal } = ctx;
      if (principal === undefined) throw new Error('an act is audited behind the gate only');
      const intent = gate.intentOf(ctx, principal, audit, input, tell.auditDetails?.(input as z.output<I>));
      const effect = async () => {
        const result = await next();
        // tRPC hands failures back as values; the trail has to see them as failures.
        if (!result.ok) throw result.error.cause ?? result.error;
        return result;
      };
      return gate.audited(intent, effect, ({ data }) => tell.auditResult?.(data as z.output<O>) ?? {});
    });

  return {
    /** No login. Every use is listed by name in a test. */
    open: <I extends z.ZodType, O extends z.ZodType>({ input, output, rest }: Contract<I, O>) =>
      t.procedure
        .meta({ kind: 'open', ...described(rest, 'open') })
        .input(input)
        .output(output),

    /** Sees, changes nothing. */
    read: <I extends z.ZodType, O extends z.ZodType, S extends Scope>(c: Guarded<I, O, S>) =>
      t.procedure
        .meta({ kind: 'read', permission: c.permission, scope: c.scope, ...described(c.rest, 'read') })
        .use(authenticated)
        .input(c.input)
        .output(c.output)
        .use(admitted({ permission: c.permission, scope: c.scope })),

    /** Has an effect: leaves an audit intent before and an outcome after. */
    act: <I extends z.ZodType, O extends z.ZodType, S extends Scope>(c: Audited<I, O, S>) =>
      t.procedure
        .meta({ kind: 'act', permission: c.permission, scope: c.scope, audit: c.audit, ...described(c.rest, 'act') })
        .use(authenticated)
        .input(c.input)
        .output(c.output)
        .use(admitted(c))
        .use(audited(c)),
  };
};

export type Procedures = ReturnType<typeof createProcedures>;
