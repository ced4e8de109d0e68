import { z } from 'zod';
import { ContainerId, NodeId } from './ids.ts';
import { CONTAINER_FIELDS, HOST_FIELDS } from './metrics.ts';

export const RESOLUTIONS = ['raw', '1m', '10m'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

const range = { from: z.iso.datetime(), to: z.iso.datetime(), resolution: z.enum(RESOLUTIONS).optional() };
/** In the query string a comma-separated list. */
const fields = <const F extends readonly [string, ...string[]]>(names: F) =>
  z.preprocess(
    (given) => (typeof given === 'string' ? given.split(',') : given),
    z.array(z.enum(names)).min(1).max(names.length),
  );

export const HostSeriesInput = z.strictObject({ nodeId: NodeId, ...range, fields: fields(HOST_FIELDS) });
export const ContainerSeriesInput = z.strictObject({
  nodeId: NodeId,
  containerId: ContainerId,
  ...range,
  fields: fields(CONTAINER_FIELDS),
});
/**
 * Column-wise: `at` are Unix ms ascending, `values[field][i]` belongs to `at[i]`; null is a gap. For resolutions above
 * raw each value is the mean, `max` the maximum of the bucket. At most 2,000 points, whatever the range.
 */
export const Series = z.object({
  resolution: z.enum(RESOLUTIONS),
  at: z.array(z.number()),
  values: z.record(z.string(), z.array(z.number().nullable())),
  max: z.record(z.string(), z.array(z.number().nullable())),
});
export type Series = z.infer<typeof Series>;

export const SparksInput = z.strictObject({
  ids: z.preprocess((given) => (typeof given === 'string' ? given.split(',') : given), z.array(NodeId).max(500)),
});
/** The last hour in 60 one-minute means, oldest first. */
export const Sparks = z.object({
  items: z.array(
    z.object({ nodeId: NodeId, cpu: z.array(z.number().nullable()), memory: z.array(z.number().nullable()) }),
  ),
});
export type Sparks = z.infer<typeof Sparks>;
