/** Running a command on a node, and storing what its agent tells about it. */
import type { NodeId } from '@serverbox/contract/ids';
import type { ExecInput, ExecResult } from '@serverbox/contract/nodes';
import type { HelloMessage } from '@serverbox/contract/wire';
import type { z } from 'zod';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import { AppError, notFound } from '../../lib/errors.ts';
import { collectOutput } from '../../lib/link/collect-output.ts';
import type { NodeLinks } from '../../lib/link/link.ts';
import type { RecordActivity } from './activity.ts';
import { describeChanges, listChanges, mergeSaid } from './facts.ts';
import { saveChanges } from './inventory.ts';
import { lockNodeRows, saveFacts } from './queries.ts';

export type ExecCommand = Pick<z.infer<typeof ExecInput>, 'argv' | 'timeoutMs'>;
export type Hello = Pick<z.infer<typeof HelloMessage>, 'facts' | 'services' | 'epoch'>;

interface CommandDeps {
  database: Database;
  clock: Clock;
  bus: Pick<Bus, 'publish'>;
  links: NodeLinks;
  recordActivity: RecordActivity;
}

const MAX_OUTPUT_BYTES = 1024 * 1024;

export const createCommands = ({ database, clock, bus, links, recordActivity }: CommandDeps) => ({
  exec: async (
    nodeId: NodeId,
    { argv, timeoutMs }: ExecCommand,
    signal: AbortSignal,
  ): Promise<z.infer<typeof ExecResult>> => {
    const [program, ...words] = argv;
    if (program === undefined) throw new AppError('bad_request', 'argv: names no program');
    const command = await (await links.reach(nodeId)).exec([program, ...words], { timeoutMs, signal });
    const { end, ...output } = await collectOutput(command, { maxBytes: MAX_OUTPUT_BYTES });
    return {
      exitCode: end.kind === 'exit' ? end.code : null,
      signal: end.kind === 'signal' ? end.signal : null,
      ...output,
    };
  },

  touchFacts: async (nodeId: NodeId, hello: Hello): Promise<void> => {
    const factsAt = clock.now();
    const changes = await database.transaction(async (tx) => {
      const [before] = await lockNodeRows(tx, [nodeId]);
      if (before === undefined) throw notFound('The node');
      const { facts, services } = mergeSaid(before, hello);
      await saveFacts(tx, nodeId, { facts, services, agentEpoch: hello.epoch, factsAt });
      const found = before.facts === null ? [] : listChanges(before.facts, facts);
      await saveChanges(tx, nodeId, found, factsAt);
      return found;
    });
    bus.publish('node.changed', { nodeId });
    const told = describeChanges(changes);
    if (told.length === 0) return;
    await recordActivity(nodeId, { kind: 'node.facts_changed', subject: null, actor: null, text: told.join('; ') });
  },
});
