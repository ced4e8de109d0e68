/**
 * Terminals and container shells over WebSocket. Binary frames are bytes, both ways; text frames are control messages.
 * The browser grants credit: it answers every stretch of output that its screen has taken with `ack`; the core pauses the
 * remote side while more than `TERMINAL_WINDOW_BYTES` are unacknowledged, so a flood can never fill anybody's memory.
 */
import { z } from 'zod';
import { ContainerId, NodeId } from './ids.ts';

export const TERMINAL_WINDOW_BYTES = 128 * 1024;
export const MAX_TERMINAL_FRAME_BYTES = 64 * 1024;

/** Out-of-range sizes are clamped, never an error. */
const side = z.coerce.number().transform((n) => (Number.isFinite(n) ? Math.min(1000, Math.max(1, Math.trunc(n))) : 80));
export const TerminalInput = z.strictObject({ nodeId: NodeId, cols: side.default(80), rows: side.default(24) });
export const ContainerShellInput = TerminalInput.extend({ containerId: ContainerId });

export const ClientControl = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('resize'), cols: side, rows: side }),
  z.strictObject({ type: z.literal('ack'), bytes: z.int().positive() }),
]);
export type ClientControl = z.infer<typeof ClientControl>;
export const ServerControl = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), title: z.string() }),
  z.object({ type: z.literal('exit'), code: z.int().nullable(), signal: z.string().nullable() }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string() }),
]);
export type ServerControl = z.infer<typeof ServerControl>;

/** Close codes besides those of RFC 6455. */
export const CLOSE_UNAUTHENTICATED = 4401;
export const CLOSE_FORBIDDEN = 4403;
