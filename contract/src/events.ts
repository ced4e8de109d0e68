/**
 * The live channel: `GET /api/events?topics=…`, one connection per browser for everything (server-sent events).
 * Topics: `nodes`, `containers`, `activity`, `runs`, and `metrics:<nodeId>` — asking for the latter is "watching" that node
 * and makes its agent sample each second. Every event has an id; a reconnect with `Last-Event-ID` continues without a gap or
 * starts with `resync`, after which the client reads everything anew.
 */
import { z } from 'zod';
import { ContainerId, NodeId } from './ids.ts';
import { CONTAINER_FIELDS, HOST_FIELDS } from './metrics.ts';
import { Activity } from './nodes.ts';
import { INSTALL_STEPS } from './onboarding.ts';
import { RunId } from './runs.ts';
import { DetailMessage } from './wire.ts';

export const TOPIC = /^(nodes|containers|activity|runs|metrics:[0-9a-f-]{36})$/;
export const MAX_TOPICS = 64;
export const EventsInput = z.strictObject({
  topics: z
    .string()
    .transform((text) => text.split(',').filter((topic) => topic !== ''))
    .pipe(z.array(z.string().regex(TOPIC)).min(1).max(MAX_TOPICS)),
  lastEventId: z.string().max(64).optional(),
});

const value = z.number().nullable();
export const LiveEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('resync') }),
  /** Something about these nodes changed (status, name, facts): read them again. */
  z.object({ type: z.literal('nodes'), ids: z.array(NodeId) }),
  /** Containers of this node changed; `ids` empty means the whole list. */
  z.object({ type: z.literal('containers'), nodeId: NodeId, ids: z.array(ContainerId) }),
  z.object({ type: z.literal('activity'), item: Activity }),
  z.object({
    type: z.literal('host'),
    nodeId: NodeId,
    at: z.number(),
    values: z.array(value).length(HOST_FIELDS.length),
  }),
  z.object({
    type: z.literal('usage'),
    nodeId: NodeId,
    at: z.number(),
    rows: z.array(z.tuple([z.string(), z.array(value).length(CONTAINER_FIELDS.length)])),
  }),
  z.object({
    type: z.literal('detail'),
    nodeId: NodeId,
    at: z.number(),
    detail: DetailMessage.omit({ type: true, at: true }),
  }),
  /** Something about this fleet command changed on these nodes: read it again. */
  z.object({ type: z.literal('run'), runId: RunId, nodeIds: z.array(NodeId) }),
  /** Where the installation of an agent over SSH is; what it says of each step is in the answer to the call. */
  z.object({ type: z.literal('install'), nodeId: NodeId, step: z.enum(INSTALL_STEPS) }),
  /** The session ended (revoked, expired): the stream closes after this. */
  z.object({ type: z.literal('signed_out'), reason: z.string() }),
]);
export type LiveEvent = z.infer<typeof LiveEvent>;
