/**
 * The one gate that every surface passes: tRPC, REST, server-sent events, downloads and WebSocket upgrades.
 * Order: identity → input → target in the caller's scope → permission → audit intent → effect → audit outcome.
 */
import { NodeId } from '@serverbox/contract/ids';
import type { Permission } from '@serverbox/contract/permissions';
import { z } from 'zod';
import { AppError, notFound } from '../lib/errors.ts';
import type { AuditIntent, AuditTrail, FindNode, Principal, RequestContext, ScopedNode } from './ports.ts';

/** `node`: the input names a node by `nodeId`, which must be in the caller's scope. `fleet`: no single target. */
export type Scope = 'fleet' | 'node';

export interface Declaration {
  permission: Permission;
  scope: Scope;
  /** Present on acts: the action's name in the audit trail. */
  audit?: string;
  /** What else of the input belongs into the trail. Never a secret. */
  auditDetails?(input: unknown): Record<string, unknown>;
}

export interface Admitted {
  principal: Principal;
  node: ScopedNode | undefined;
}

const TargetNode = z.looseObject({ nodeId: NodeId });

export interface Gate {
  /** Comes before the input is looked at. @throws AppError `unauthenticated` */
  authenticate(ctx: RequestContext): Principal;
  /** @throws AppError `unauthenticated` | `not_found` | `forbidden` */
  admit(ctx: RequestContext, declaration: Declaration, input: unknown): Promise<Admitted>;
  /** Runs `effect` between a durable intent and its outcome; a failing effect concludes `failed` and rethrows. */
  audited<T>(
    intent: AuditIntent,
    effect: () => Promise<T>,
    describe?: (result: T) => Record<string, unknown>,
  ): Promise<T>;
  intentOf(
    ctx: RequestContext,
    principal: Principal,
    action: string,
    input: unknown,
    more?: Record<string, unknown>,
  ): AuditIntent;
}

/** Ids say what was acted on; anything else in an input may be a secret and stays out of the trail. */
const AUDITED_KEYS = [
  'nodeId',
  'containerId',
  'sessionId',
  'runId',
  'groupId',
  'signal',
  'force',
  'volumes',
  'name',
  'tags',
  'argv',
  'cols',
  'rows',
] as const;
const auditedDetails = (input: unknown): Record<string, unknown> => {
  if (typeof input !== 'object' || input === null) return {};
  return Object.fromEntries(
    AUDITED_KEYS.flatMap((key) => (key in input ? [[key, (input as Record<string, unknown>)[key]]] : [])),
  );
};
const targetOf = (details: Record<string, unknown>): string | null => {
  const parts = [
    ['node', details.nodeId],
    ['container', details.containerId],
    ['session', details.sessionId],
    ['run', details.runId],
    ['group', details.groupId],
  ].flatMap(([kind, id]) => (typeof id === 'string' ? [`${kind}:${id}`] : []));
  return parts.length === 0 ? null : parts.join('/');
};

const intentOf: Gate['intentOf'] = (ctx, principal, action, input, more = {}) => {
  const details = { ...auditedDetails(input), ...more };
  return {
    action,
    actor: `user:${principal.userId}`,
    sessionId: principal.sessionId,
    ip: ctx.ip,
    target: targetOf(details),
    details,
  };
};

const authenticate: Gate['authenticate'] = ({ principal }) => {
  if (principal === undefined) throw new AppError('unauthenticated', 'Sign in to continue.');
  return principal;
};

export const createGate = (ports: { findNode: FindNode; audit: AuditTrail }): Gate => {
  const scopedNode = async (principal: Principal, input: unknown): Promise<ScopedNode> => {
    const { nodeId } = TargetNode.parse(input);
    const node = await ports.findNode(principal, nodeId);
    if (node === undefined) throw notFound('The node');
    return node;
  };

  const recordDenial = async (intent: AuditIntent) => {
    await ports.audit.conclude(await ports.audit.intend(intent), intent, 'denied', {});
  };

  return {
    authenticate,

    admit: async (ctx, { permission, scope, audit, auditDetails }, input) => {
      const principal = authenticate(ctx);
      const node = scope === 'node' ? await scopedNode(principal, input) : undefined;
      if (!principal.permissions.has(permission)) {
        if (audit !== undefined) await recordDenial(intentOf(ctx, principal, audit, input, auditDetails?.(input)));
        throw new AppError('forbidden', `Your role does not include the permission ${permission}.`);
      }
      return { principal, node };
    },

    intentOf,

    audited: async (intent, effect, describe = () => ({})) => {
      const correlationId = await ports.audit.intend(intent);
      let result: Awaited<ReturnType<typeof effect>>;
      try {
        result = await effect();
      } catch (error) {
        const code = error instanceof AppError ? error.code : 'internal';
        await ports.audit.conclude(correlationId, intent, 'failed', { code });
        throw error;
      }
      await ports.audit.conclude(correlationId, intent, 'ok', describe(result));
      return result;
    },
  };
};
