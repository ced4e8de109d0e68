/** Fleet commands: one argv or one short script on many nodes, with an outcome for each of them. */
import { z } from 'zod';
import { NodeId } from './ids.ts';
import { Page } from './nodes.ts';
import { RUN_OUTCOMES, RUN_RESULTS } from './run-results.ts';

export const RunId = z.uuid().brand<'RunId'>();
export type RunId = z.infer<typeof RunId>;

export const MAX_RUN_NODES = 1000;
/** Kept for each node and stream; what comes after is counted and left out. */
export const MAX_RUN_OUTPUT_BYTES = 256 * 1024;
/** Of each node and stream in `runs.get`; `runs.output` has all that is kept of one node. */
export const RUN_PREVIEW_BYTES = 4096;
/** The newest so many are kept. */
export const MAX_RUNS = 500;
const MAX_SCRIPT_BYTES = 64 * 1024;

const text = z
  .string()
  .refine((text) => !text.includes('\0'), 'has a NUL byte')
  .refine((text) => text.isWellFormed(), 'has half of a character');

export const RunCommand = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('argv'), argv: z.array(text.max(32_768)).min(1).max(256) }),
  /** Given to `sh` on standard input: no quoting in between, and `set -e` is up to the script. */
  z.strictObject({
    kind: z.literal('script'),
    script: text
      .min(1)
      .max(MAX_SCRIPT_BYTES)
      .refine((script) => new TextEncoder().encode(script).length <= MAX_SCRIPT_BYTES, 'is larger than 64 KiB'),
  }),
]);
export type RunCommand = z.infer<typeof RunCommand>;

export const StartRunInput = z.strictObject({
  nodeIds: z.array(NodeId).min(1).max(MAX_RUN_NODES),
  command: RunCommand,
  timeoutMs: z.int().min(100).max(3_600_000).default(60_000),
});

export const RunTarget = z.strictObject({
  nodeId: NodeId,
  nodeName: z.string(),
  outcome: z.enum(RUN_OUTCOMES),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  reason: z.string().nullable(), // a sentence for outcomes that are no exit
  stdout: z.string(),
  stderr: z.string(),
  /** Here stands only the beginning of what is kept: ask `runs.output`. */
  isPreview: z.boolean(),
  droppedBytes: z.int(), // output past the cap
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
});
export type RunTarget = z.infer<typeof RunTarget>;

export const RunSummary = z.object({
  id: RunId,
  command: RunCommand,
  timeoutMs: z.int(),
  actor: z.string(), // e-mail
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  counts: z.record(z.enum(RUN_RESULTS), z.int()), // zeros included
});
export type RunSummary = z.infer<typeof RunSummary>;
export const Run = RunSummary.extend({ targets: z.array(RunTarget) });
export type Run = z.infer<typeof Run>;

export const RunTargetInput = z.strictObject({ runId: RunId });
export const RunOutputInput = z.strictObject({ runId: RunId, nodeId: NodeId });
export const RunsInput = Page;
export const RunPage = z.object({ items: z.array(RunSummary), nextCursor: z.string().nullable() });
