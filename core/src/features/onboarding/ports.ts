/** What adding a machine needs from other features. `app.ts` wires the answers. */
import type { NodeId } from '@serverbox/contract/ids';
import type { ACTIVITY_KINDS, NodeSummary } from '@serverbox/contract/nodes';
import type { PushSetup } from '@serverbox/contract/onboarding';
import type { SshEndpoint, SshTarget } from '@serverbox/contract/ssh';
import type { z } from 'zod';
import type { Secret } from '../../lib/log.ts';
import type { Principal } from '../../middleware/ports.ts';

export interface NodeRecords {
  /** @throws AppError `conflict` when another node has this name */
  create(name: string): Promise<NodeId>;
  get(principal: Principal, nodeId: NodeId): Promise<z.infer<typeof NodeSummary>>;
  /** @throws AppError `not_found` */
  remove(principal: Principal, nodeId: NodeId): Promise<void>;
  recordActivity(
    nodeId: NodeId,
    entry: { kind: (typeof ACTIVITY_KINDS)[number]; subject: string | null; actor: string | null; text: string },
  ): Promise<void>;
}

export interface AgentTokens {
  readonly coreKeyFingerprint: string;
  issueToken(machine: {
    nodeName: string;
    isLocal: boolean;
    forNodeId?: NodeId;
  }): Promise<{ token: Secret; expiresAt: Date }>;
  /** Revokes, and forgets that the node ever had an agent. */
  forget(nodeId: NodeId): Promise<void>;
}

export interface SshAccess {
  /** @throws AppError `not_found` when a hop is outside the caller's scope */
  checkHops(principal: Principal, hops: readonly NodeId[]): Promise<void>;
  put(nodeId: NodeId, target: SshTarget, actor: string): Promise<void>;
  /** Tries to connect once. The endpoint tells what came of it: a host key to decide about, or a problem. */
  probe(nodeId: NodeId): Promise<SshEndpoint>;
  remove(nodeId: NodeId, actor: string): Promise<void>;
}

export interface PushHosts {
  /** Makes a node that reports by the push script, with what to paste there. @throws AppError `conflict` */
  createHost(name: string, baseUrl: string): Promise<{ nodeId: NodeId; setup: PushSetup }>;
}
