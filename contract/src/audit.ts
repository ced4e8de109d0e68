import { z } from 'zod';
import { Page } from './nodes.ts';

/** An act leaves an intent before its effect and an outcome after; an intent alone means "unknown outcome". */
export const AUDIT_PHASES = ['intent', 'outcome'] as const;
export const AuditEvent = z.object({
  seq: z.number(),
  at: z.iso.datetime(),
  phase: z.enum(AUDIT_PHASES),
  correlationId: z.string(),
  action: z.string(), // "container.restart"
  actor: z.string(), // "user:<id>", "agent:<node id>", "setup", "system"
  sessionId: z.string().nullable(),
  ip: z.string().nullable(),
  target: z.string().nullable(), // "node:<id>/container:<id>"
  outcome: z.enum(['ok', 'failed', 'denied']).nullable(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditEvent = z.infer<typeof AuditEvent>;
export const AuditPage = z.object({ items: z.array(AuditEvent), nextCursor: z.string().nullable() });
export const AuditInput = Page.extend({ action: z.string().max(100).optional() });
