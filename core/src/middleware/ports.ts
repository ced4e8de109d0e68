/** What the middleware needs from the features, as small questions. `app.ts` wires the answers. */
import type { NodeId, SessionId, UserId } from '@serverbox/contract/ids';
import type { Permission, Role } from '@serverbox/contract/permissions';

/** Who is asking, proven by a session. Permissions are looked up for each request, never carried in a token. */
export interface Principal {
  userId: UserId;
  email: string;
  role: Role;
  permissions: ReadonlySet<Permission>;
  sessionId: SessionId;
}

/** What the request looks like to the gate, whatever surface it came through. */
export interface RequestContext {
  requestId: string;
  /** The peer's address, or what a trusted proxy said (see `clientIp`). */
  ip: string;
  userAgent: string;
  principal: Principal | undefined;
  /** Set on the answer: cookies. Absent on streams. */
  responseHeaders: Headers;
  requestHeaders: Headers;
  /** Aborts when the client goes away. */
  signal: AbortSignal;
}

/** A node that the caller may see. */
export interface ScopedNode {
  id: NodeId;
  name: string;
}
/** Finds a node within the caller's scope; a foreign node is not found. */
export type FindNode = (principal: Principal, nodeId: NodeId) => Promise<ScopedNode | undefined>;

export interface AuditIntent {
  action: string;
  actor: string;
  sessionId: string | null;
  ip: string | null;
  target: string | null;
  details: Record<string, unknown>;
}
export type AuditOutcome = 'ok' | 'failed' | 'denied';

/** The audit trail. Both calls return when the row is durable; when it cannot be, the error says what that means. */
export interface AuditTrail {
  /** Before the effect. Returns the correlation id that ties the outcome to it. @throws AppError `audit_unavailable` */
  intend(intent: AuditIntent): Promise<string>;
  /** After the effect. @throws AppError `outcome_unrecorded` */
  conclude(
    correlationId: string,
    intent: AuditIntent,
    outcome: AuditOutcome,
    details: Record<string, unknown>,
  ): Promise<void>;
}
