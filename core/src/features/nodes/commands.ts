/** What can be done to a node, and what its agent tells about it. */
import type { NodeId } from '@serverbox/contract/ids';
import type { ExecInput, ExecResult } from '@serverbox/contract/nodes';
import type { HelloMessage } from '@serverbox/contract/wire';
import type { z } from 'zod';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import { isUniqueViolation } from '../../lib/db/database-errors.ts';
import { AppError, notFound } from '../../lib/errors.ts';
import { collectOutput } from '../../lib/link/collect-output.ts';
import type { NodeLinks } from '../../lib/link/link.ts';
import type { ActivityEntry } from './activity.ts';
import { describeChanges } from './facts.ts';
import type { NodeRow } from './queries.ts';
import { lockNodeRow, renameNodeRow, saveFacts } from './queries.ts';

export type ExecCommand = Pick<z.infer<typeof ExecInput>, 'argv' | 'timeoutMs'>;
export type Hello = Pick<z.infer<typeof HelloMessage>, 'facts' | 'services' | 'epoch'>;

interface CommandDeps {
  database: Database;
  clock: Clock;
  bus: Pick<Bus, 'publish'>;
  links: NodeLinks;
  recordActivity(nodeId: NodeId, entry: ActivityEntry): Promise<void>;
}

const MAX_OUTPUT_BYTES = 1024 * 1024;

export const createCommands = ({ database, clock, bus, links, recordActivity }: CommandDeps) => ({
  rename: async (before: NodeRow, name: string, actor: string): Promise<void> => {
    if (before.name === name) return;
    try {
      await renameNodeRow(database.db, before.id, name);
    } catch (error) {
      if (!isUniqueViolation(error, 'nodes_name_unique')) throw error;
      throw new AppError('conflict', 'Another node has this name.', { cause: error });
    }
    const text = `Renamed from ${before.name} to ${name}`;
    await recordActivity(before.id, { kind: 'node.renamed', subject: null, actor, text });
    bus.publish('node.changed', { nodeId: before.id });
  },

  exec: async (
    nodeId: NodeId,
    { argv, timeoutMs }: ExecCommand,
    signal: AbortSignal,
  ): Promise<z.infer<typeof ExecResult>> => {
    const [program, ...words] = argv;
    if (program === undefined) throw new AppError('bad_request', 'argv: names no program');
    const command = await links.get(nodeId).exec([program, ...words], { timeoutMs, signal });
    const { end, ...output } = await collectOutput(command, { maxBytes: MAX_OUTPUT_BYTES });
    return {
      exitCode: end.kind === 'exit' ? end.code : null,
      signal: end.kind === 'signal' ? end.signal : null,
      ...output,
    };
  },

  touchFacts: async (nodeId: NodeId, { facts, services, epoch }: Hello): Promise<void> => {
    const before = await database.transaction(async (tx) => {
      const row = await lockNodeRow(tx, nodeId);
      if (row === undefined) throw notFound('The node');
      await saveFacts(tx, nodeId, { facts, services, agentEpoch: epoch, factsAt: clock.now() });
      return row;
    });
    bus.publish('node.changed', { nodeId });
    const changes = before.facts === null ? [] : describeChanges(before.facts, facts);
    if (changes.length === 0) return;
    const text = changes.join('; ');
    await recordActivity(nodeId, { kind: 'node.facts_changed', subject: null, actor: null, text });
  },
});
