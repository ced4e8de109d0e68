import { boolean, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';
import { nodes } from './nodes.ts';

/** SSH access to a node. The credential itself is sealed in `secrets` (purpose `ssh_credential`, the node's id as row). */
export const sshEndpoints = pgTable('ssh_endpoints', {
  nodeId: uuid('node_id')
    .primaryKey()
    .references(() => nodes.id, { onDelete: 'cascade' }),
  host: text().notNull(),
  port: integer().notNull(),
  sshUser: text('ssh_user').notNull(),
  authKind: text('auth_kind').$type<'key' | 'password' | 'generated'>().notNull(),
  /** One-line public half of the key; null for a password. */
  authPublicKey: text('auth_public_key'),
  /** Goes up with each change of the credential: a pooled connection of an older one is never used again. */
  credentialVersion: integer('credential_version').notNull().default(1),
  /** Nodes to go through, from the core outwards. */
  jump: uuid().array().notNull().default([]),
  /** Accepted by a person; null before first contact. `type base64`. */
  hostKey: text('host_key'),
  /** Another key that the host showed, and when: nothing is sent there until somebody decides. */
  offeredHostKey: text('offered_host_key'),
  offeredAt: instant('offered_at'),
  /** Further keys that the host proved to hold over a connection on which it held the pinned one: it may change to them. */
  learntHostKeys: text('learnt_host_keys').array().notNull().default([]),
  /** A key that somebody said no to: it is not offered again, and the way stays blocked while the host shows it. */
  rejectedHostKey: text('rejected_host_key'),
  presence: text().$type<'watched' | 'always'>().notNull().default('watched'),
  metricsIntervalMs: integer('metrics_interval_ms').notNull().default(5000),
  allowsWeakAlgorithms: boolean('allows_weak_algorithms').notNull().default(false),
  createdAt: instant('created_at').notNull().defaultNow(),
});
