/**
 * One identity, two machines: a disk or a state directory was copied. The node is flagged for people when the core turns one
 * of them away, and the flag goes when one of them enrols anew or has stayed away for a while.
 */
import type { NodeId } from '@serverbox/contract/ids';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Db } from '../../lib/db/orm.ts';
import type { Log } from '../../lib/log.ts';
import type { AuditIntent, AuditTrail } from '../../middleware/ports.ts';
import type { RecordActivity } from './ports.ts';
import { clearConflict, flagConflict, listConflicts } from './queries.ts';

const SWEEP_INTERVAL_MS = 60_000;
/** A refused agent asks again within five minutes; one that missed three turns is gone. */
const QUIET_MS = 15 * 60_000;

const conflictSentence = (name: string): string =>
  `Two machines use the identity of the node ${name}: one is a copy of the other. Enrol the copy again, with a token of its own.`;

export interface ConflictsDeps {
  db: Db;
  audit: AuditTrail;
  bus: Bus;
  recordActivity: RecordActivity;
  clock: Clock;
  log: Log;
}

export interface Conflicts {
  /** One of the two was turned away, coming from `ip`. Only the first time is audited and told. */
  note(node: { id: NodeId; name: string }, ip: string): Promise<void>;
  /** Ends the flags of nodes where nobody was turned away for a quarter of an hour. */
  sweep(): Promise<void>;
  stop(): void;
}

export const createConflicts = ({ db, audit, bus, recordActivity, clock, log }: ConflictsDeps): Conflicts => {
  const startedMs = clock.monotonicMs();
  const notedMs = new Map<NodeId, number>();

  const tell = async (nodeId: NodeId, text: string): Promise<void> => {
    await recordActivity(nodeId, { kind: 'node.conflict', subject: null, actor: null, text });
    bus.publish('node.changed', { nodeId });
  };

  const sweep = async (): Promise<void> => {
    for (const nodeId of await listConflicts(db)) {
      if (clock.monotonicMs() - (notedMs.get(nodeId) ?? startedMs) < QUIET_MS) continue;
      notedMs.delete(nodeId);
      await clearConflict(db, nodeId);
      await tell(nodeId, 'Only one machine has used the identity of this node for a while');
    }
  };

  const timer = setInterval(() => {
    sweep().catch((error: unknown) => log.warn('conflicts of nodes were not looked at', { error }));
  }, SWEEP_INTERVAL_MS).unref();

  return {
    note: async ({ id, name }, ip) => {
      notedMs.set(id, clock.monotonicMs());
      const intent: AuditIntent = {
        action: 'node.conflict',
        actor: 'core',
        sessionId: null,
        ip,
        target: `node:${id}`,
        details: { name },
      };
      if (!(await flagConflict(db, id, conflictSentence(name)))) return;
      await audit.conclude(await audit.intend(intent), intent, 'ok', {});
      await tell(id, 'Two machines use the identity of this node');
    },
    sweep,
    stop: () => clearInterval(timer),
  };
};
