/** What cores tell each other. Messages carry ids, never contents: the receiver reads the database. */
import { ContainerId, NodeId, SessionId, UserId } from '@serverbox/contract/ids';
import { INSTALL_STEPS } from '@serverbox/contract/onboarding';
import { RunId } from '@serverbox/contract/runs';
import { z } from 'zod';

export const BUS_TOPICS = {
  /** Of one session, or of all sessions of a user: open streams must end. */
  'session.revoked': z.object({ sessionId: SessionId.optional(), userId: UserId.optional(), reason: z.string() }),
  'node.changed': z.object({ nodeId: NodeId }),
  'node.linked': z.object({ nodeId: NodeId }),
  'node.unlinked': z.object({ nodeId: NodeId }),
  /** `ids` empty: the whole list. */
  'containers.changed': z.object({ nodeId: NodeId, ids: z.array(ContainerId) }),
  /** The agent of this node sent a heartbeat by long-poll. */
  'node.polled': z.object({ nodeId: NodeId }),
  /** The push script of this node sent a report, which is stored. */
  'push.reported': z.object({ nodeId: NodeId }),
  /** The installation of an agent over SSH has begun this step on this node. */
  'install.step': z.object({ nodeId: NodeId, step: z.enum(INSTALL_STEPS) }),
  'activity.added': z.object({ id: z.string() }),
  /** A fleet command changed on these nodes; one of them may have something to ask for. */
  'run.changed': z.object({ runId: RunId, nodeIds: z.array(NodeId) }),
  /** Whoever runs a part of it ends that part. */
  'run.cancelled': z.object({ runId: RunId }),
  /** This core was cut off from the others for a while: whatever they said is lost, so read anew. */
  'bus.resumed': z.object({}),
} as const;

export type BusTopic = keyof typeof BUS_TOPICS;
export type BusTopics = { [T in BusTopic]: z.infer<(typeof BUS_TOPICS)[T]> };

export const isBusTopic = (name: string): name is BusTopic => Object.hasOwn(BUS_TOPICS, name);
