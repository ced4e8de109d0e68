/**
 * The way through proxies that cut WebSockets: the agent asks over plain HTTPS. The credential names the node; a body never
 * does. Samples are the lines of the `metrics` subsystem and are acknowledged the same way, after they are durable.
 */
import { z } from 'zod';
import { boundedArray } from './bounded.ts';
import { ContainersMessage, DetailMessage, HelloMessage, HostMessage } from './wire.ts';

export const MAX_HEARTBEAT_BYTES = 4 * 1024 * 1024;
export const MAX_HEARTBEAT_SAMPLES = 2000;
/** Output of a job in one request; longer output takes several. */
export const MAX_OUTPUT_BYTES = 1024 * 1024;
const MAX_CHUNKS = 64;
/** How long the core holds the question for a job open; below the 30 s at which proxies commonly give up. */
export const POLL_HOLD_MS = 25_000;
const MAX_CHUNK_CHARS = 256 * 1024;

export const HeartbeatInput = z.strictObject({
  hello: HelloMessage,
  samples: boundedArray(z.discriminatedUnion('type', [HostMessage, ContainersMessage]), MAX_HEARTBEAT_SAMPLES),
  detail: DetailMessage.nullable(),
});
export const HeartbeatReply = z.object({
  lastSeq: z.int().nonnegative(), // every sample up to here is durable
  everyMs: z.int(), // when to send the next heartbeat
});

/** `jobId` is one node's part of a fleet command. Claimed by being answered: no other question gets it again. */
export const PendingJob = z.object({
  jobId: z.uuid(),
  attempt: z.int(), // fences late answers of an earlier claim
  argv: z.array(z.string()),
  stdin: z.string(),
  timeoutMs: z.int(),
});
export const PendingReply = z.object({ job: PendingJob.nullable(), cancel: z.array(z.uuid()) });

export const JobOutputInput = z.strictObject({
  jobId: z.uuid(),
  attempt: z.int(),
  /** Offset in bytes of each chunk: a repeated one is not stored twice. */
  chunks: boundedArray(
    z.strictObject({
      stream: z.enum(['stdout', 'stderr']),
      offset: z.int().nonnegative(),
      text: z.base64().max(MAX_CHUNK_CHARS),
    }),
    MAX_CHUNKS,
  ),
});
export const JobCompleteInput = z.strictObject({
  jobId: z.uuid(),
  attempt: z.int(),
  outcome: z.enum(['exited', 'signalled', 'timed_out', 'cancelled', 'refused']),
  exitCode: z.int().nullable(),
  signal: z.string().max(64).nullable(),
});
export const JobAnswer = z.object({ accepted: z.boolean(), cancel: z.boolean() });
