import type { AgentService } from '@serverbox/contract/policy';
import type { NodeFacts } from '@serverbox/contract/wire';
import { boolean, char, index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant } from './columns.ts';

export const nodes = pgTable('nodes', {
  id: uuid().primaryKey(),
  name: text().notNull().unique('nodes_name_unique'),
  /** How the core reaches it: `agent`. */
  via: text().notNull(),
  isLocal: boolean('is_local').notNull().default(false),
  /** The node's SSH host key in OpenSSH form, pinned at enrolment. */
  hostPublicKey: text('host_public_key').notNull().unique('nodes_host_public_key_unique'),
  facts: jsonb().$type<NodeFacts>(),
  factsAt: instant('facts_at'),
  services: text().array().$type<AgentService[]>().notNull().default([]),
  createdAt: instant('created_at').notNull().defaultNow(),
  /** Epoch of the agent's spool, as its last `hello` said. */
  agentEpoch: text('agent_epoch'),
});

/** What an agent proves itself with. Only the hash of the secret is kept; `id` is its public half. */
export const nodeCredentials = pgTable(
  'node_credentials',
  {
    id: char({ length: 8 }).primaryKey(),
    nodeId: uuid('node_id')
      .notNull()
      .references(() => nodes.id, { onDelete: 'cascade' }),
    secretHash: bytea('secret_hash').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
  },
  (table) => [index('node_credentials_node_id_index').on(table.nodeId)],
);

/** Lets one machine enrol, once, until it expires. */
export const enrollTokens = pgTable('enroll_tokens', {
  id: char({ length: 8 }).primaryKey(),
  nodeName: text('node_name').notNull(),
  isLocal: boolean('is_local').notNull().default(false),
  secretHash: bytea('secret_hash').notNull(),
  createdAt: instant('created_at').notNull().defaultNow(),
  expiresAt: instant('expires_at').notNull(),
  usedAt: instant('used_at'),
  nodeId: uuid('node_id').references(() => nodes.id, { onDelete: 'set null' }),
});
