import { z } from 'zod';

/** `push`: a snapshot that the push script sent. */
export const SOURCES = ['agent', 'docker', 'push'] as const;

/** A value as somebody saw it: the display says since when. `observedAt` is ISO 8601 UTC by the core's clock. */
export const observed = <T extends z.ZodType>(value: T) =>
  z.object({ value, observedAt: z.iso.datetime(), source: z.enum(SOURCES) });
export interface Observed<T> {
  value: T;
  observedAt: string;
  source: (typeof SOURCES)[number];
}
