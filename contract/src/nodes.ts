import { z } from 'zod';
import { NodeId } from './ids.ts';
import { HOST_FIELDS } from './metrics.ts';
import { observed } from './observed.ts';
import { AgentService } from './policy.ts';
import { Note, Tags } from './tags.ts';
import { NodeCapability, NodeWay, Way } from './ways.ts';
import { DetailMessage, NodeFacts } from './wire.ts';

/** Computed when read, never stored. Ordered from well to ill; `unknown` means that no sample ever came. */
export const NODE_STATUSES = ['online', 'warning', 'critical', 'offline', 'unknown'] as const;
export const NodeStatus = z.object({
  state: z.enum(NODE_STATUSES),
  reason: z.string(), // a sentence for people: "Disk / is 96 % full"
  since: z.iso.datetime().nullable(),
});
export type NodeStatus = z.infer<typeof NodeStatus>;

/** A reading of the host by field name; null is "not known here". */
export const HostReading = z.record(z.enum(HOST_FIELDS), z.number().nullable());
export type HostReading = z.infer<typeof HostReading>;

export const NodeName = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u, 'starts with a letter or digit and has only letters, digits, space . _ -');

export const NodeSummary = z.object({
  id: NodeId,
  name: z.string(),
  /** The way in use, or the best one that it has; null: none yet. */
  via: Way.nullable(),
  ways: z.array(NodeWay), // in the order of the ladder
  isLocal: z.boolean(), // the machine that the core runs on
  tags: z.array(z.string()),
  isFavourite: z.boolean(), // of the asking user
  hasNote: z.boolean(),
  /** Two machines claim to be this node: a copied disk. Null when all is well; otherwise the sentence. */
  conflict: z.string().nullable(),
  status: NodeStatus,
  facts: NodeFacts.nullable(),
  services: z.array(AgentService),
  reading: observed(HostReading).nullable(),
  containerCount: z.object({ running: z.int(), total: z.int() }).nullable(), // null: Docker is not known here
  createdAt: z.iso.datetime(),
});
export type NodeSummary = z.infer<typeof NodeSummary>;

export const NodeDetail = NodeSummary.extend({
  clockSkewMs: z.number().nullable(), // the agent's clock minus the core's
  linkedSince: z.iso.datetime().nullable(),
  hostKeyFingerprint: z.string().nullable(), // of the agent; null without one
  note: z.string(),
  capabilities: z.array(NodeCapability),
  detail: observed(DetailMessage.omit({ type: true, at: true })).nullable(),
});
export type NodeDetail = z.infer<typeof NodeDetail>;

export const NodeTarget = z.strictObject({ nodeId: NodeId });
/** What is absent stays as it is. */
export const UpdateNodeInput = z.strictObject({
  nodeId: NodeId,
  name: NodeName.optional(),
  tags: Tags.optional(),
  note: Note.optional(),
});

export const ACTIVITY_KINDS = [
  'node.enrolled',
  'node.renamed',
  'node.linked',
  'node.unlinked',
  'node.facts_changed',
  'node.tagged',
  'node.noted',
  'node.conflict',
  'node.ssh_changed',
  'node.host_key_accepted',
  'node.host_key_changed',
  'node.agent_installed',
  'run.started',
  'run.ended',
  'agent.restarted',
  'container.started',
  'container.stopped',
  'container.died',
  'container.created',
  'container.removed',
  'container.paused',
  'container.unpaused',
  'container.health_changed',
  'terminal.opened',
  'terminal.closed',
] as const;
/** What happened on or to a node, as people would tell it. The audit trail is the proof; this is the story. */
export const Activity = z.object({
  id: z.string(),
  nodeId: NodeId,
  nodeName: z.string(),
  at: z.iso.datetime(),
  kind: z.enum(ACTIVITY_KINDS),
  subject: z.string().nullable(), // e.g. the container's name: hostile text
  actor: z.string().nullable(), // e-mail of the user who caused it, null: it happened by itself
  text: z.string(), // "Container web stopped with exit code 137"
});
export type Activity = z.infer<typeof Activity>;

export const Page = z.strictObject({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export const ActivityInput = Page.extend({ nodeId: NodeId });
export const ActivityPage = z.object({ items: z.array(Activity), nextCursor: z.string().nullable() });

/** Runs one program, argv, never a shell. */
export const ExecInput = z.strictObject({
  nodeId: NodeId,
  argv: z
    .array(
      z
        .string()
        .max(32_768)
        .refine((word) => !word.includes('\0'), 'has a NUL byte'),
    )
    .min(1)
    .max(256),
  timeoutMs: z.int().min(100).max(600_000).default(30_000),
});
export const ExecResult = z.object({
  exitCode: z.int().nullable(), // null: ended by a signal
  signal: z.string().nullable(),
  stdout: z.string(),
  stderr: z.string(),
  truncated: z.boolean(), // output went past the cap of 1 MiB per stream
});
export type ExecResult = z.infer<typeof ExecResult>;
