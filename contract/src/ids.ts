import { z } from 'zod';

/** Every id is a UUIDv7 (RFC 9562): sortable by birth, unguessable enough for a name, never a secret. */
const id = <B extends string>() => z.uuid().brand<B>();

export const UserId = id<'UserId'>();
export type UserId = z.infer<typeof UserId>;
export const SessionId = id<'SessionId'>();
export type SessionId = z.infer<typeof SessionId>;
export const NodeId = id<'NodeId'>();
export type NodeId = z.infer<typeof NodeId>;

/** The engine's full 64-digit id, or its first 12 and more. Nothing else ever reaches a URL of the daemon. */
export const ContainerId = z
  .string()
  .regex(/^[0-9a-f]{12,64}$/, 'a container id is 12 to 64 hex digits')
  .brand<'ContainerId'>();
export type ContainerId = z.infer<typeof ContainerId>;
