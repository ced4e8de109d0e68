import type { AgentService } from '@serverbox/contract/policy';
import type { NodeFacts } from '@serverbox/contract/wire';
import { boolean, char, index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { bytea, instant } from './columns.ts';

export const nodes = pgTable('nodes', {
  id: uuid().primaryKey(),
  name: text().notNull().unique('nodes_name_unique'),
  isLocal: boolean('is_local').notNull().default(false),
  /** The agent's SSH host key in OpenSSH form, pinned at enrolment; null on a node without an agent. */
  hostPublicKey: text('host_public_key').unique('nodes_host_public_key_unique'),
  facts: jsonb().$type<NodeFacts>(),
  factsAt: instant('facts_at'),
  services: text().array().$type<AgentService[]>().notNull().default([]),
  createdAt: instant('created_at').notNull().defaultNow(),
  /** Epoch of the agent's spool, as its last `hello` said. */
  agentEpoch: text('agent_epoch'),
  tags: text().array().notNull().default([]),
  note: text().notNull().default(''),
  /** Why this identity is in doubt: two machines use it. Null when all is well. */
  conflict: text(),
});

/** What an agent proves itself with. Only the hash of the secret is kept; `id` is its public half. */
export const nodeCredentials = pgTable(
  'node_credentials',
  {
    id: char({ length: 8 }).primaryKey(),
    nodeId: uuid('node_id')
      .notNull()
      .references(() => nodes.id, { onDelete: 'cascade' }),
    /** `agent` opens a link and asks by long-poll; `push` reports containers and can do nothing else. */
    kind: text().$type<'agent' | 'push'>().notNull().default('agent'),
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
  /** Issued for a node that is there already: the machine comes back as this one. */
  forNodeId: uuid('for_node_id').references(() => nodes.id, { onDelete: 'cascade' }),
  nodeId: uuid('node_id').references(() => nodes.id, { onDelete: 'set null' }),
});
