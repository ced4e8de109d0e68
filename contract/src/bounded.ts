/**
 * Lists and records from strangers: their size is looked at before their content, and the first wrong item ends it. A body
 * of a few megabytes can hold a million wrong items, and a description of each would cost hundreds of times as much.
 */
import { z } from 'zod';

/** At most `max` items; only the first one that does not fit is told. */
export const boundedArray = <T extends z.ZodType>(item: T, max: number) =>
  z
    .array(z.unknown())
    .max(max)
    .transform((items, ctx): z.output<T>[] => {
      const taken: z.output<T>[] = [];
      for (const [index, candidate] of items.entries()) {
        const parsed = item.safeParse(candidate);
        if (parsed.success) {
          taken.push(parsed.data);
          continue;
        }
        const [issue] = parsed.error.issues;
        ctx.addIssue({ code: 'custom', path: [index, ...(issue?.path ?? [])], message: issue?.message ?? 'Invalid' });
        return z.NEVER;
      }
      return taken;
    });

const countKeys = (value: unknown): number =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value).length : 0;

/** At most `max` entries. */
export const boundedRecord = <K extends z.ZodType<string, string>, V extends z.ZodType>(
  key: K,
  value: V,
  max: number,
) =>
  z
    .unknown()
    .refine((entries) => countKeys(entries) <= max, { message: `has more than ${max} entries`, abort: true })
    .pipe(z.record(key, value));
