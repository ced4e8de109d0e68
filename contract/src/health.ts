import { z } from 'zod';

export const Health = z.object({
  status: z.enum(['ok', 'degraded']),
  version: z.string(),
  checks: z.object({
    database: z.enum(['ok', 'failed']),
    queue: z.enum(['ok', 'failed']),
    bus: z.enum(['ok', 'failed']),
  }),
});
export type Health = z.infer<typeof Health>;
