/** The end of a fleet command: written once, told to the audit trail and to the story of each node. */
import type { NodeId } from '@serverbox/contract/ids';
import type { RunId } from '@serverbox/contract/runs';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import type { Log } from '../../lib/log.ts';
import type { AuditIntent, AuditTrail } from '../../middleware/ports.ts';
import { expireLeases } from './leases.ts';
import type { RecordActivity } from './ports.ts';
import { countsOf, endText } from './present.ts';
import type { RunRow } from './queries.ts';
import { finishRuns, listEndings } from './queries.ts';

export interface FinishDeps {
  database: Database;
  clock: Clock;
  log: Log;
  bus: Pick<Bus, 'publish'>;
  audit: AuditTrail;
  recordActivity: RecordActivity;
}

export const createFinish = ({ database: { db }, clock, log, bus, audit, recordActivity }: FinishDeps) => {
  const intentOf = ({ id, actor }: RunRow): AuditIntent => ({
    action: 'run.end',
    actor: 'core',
    sessionId: null,
    ip: null,
    target: `run:${id}`,
    details: { runId: id, startedBy: actor },
  });

  const tell = async (row: RunRow): Promise<void> => {
    const endings = await listEndings(db, row.id);
    const intent = intentOf(row);
    const counts = countsOf(endings);
    await audit.conclude(await audit.intend(intent), intent, 'ok', { ...intent.details, counts });
    await recordActivity(
      endings.map((ending) => ({
        nodeId: ending.nodeId,
        kind: 'run.ended',
        subject: null,
        actor: row.actor,
        text: endText(row, ending),
      })),
    );
  };

  /** Ends those of the runs, or of all, of which nothing is left to wait for. */
  const finish = async (ids?: readonly RunId[]): Promise<void> => {
    for (const row of await finishRuns(db, clock.now(), ids)) {
      bus.publish('run.changed', { runId: row.id, nodeIds: [] });
      await tell(row).catch((error: unknown) =>
        log.warn('the end of a fleet command was not told', { runId: row.id, error }),
      );
    }
  };

  return {
    finish,
    /** Settles what nobody has any more, and whatever was over while no core was there to see it. */
    sweep: async (): Promise<void> => {
      const byRun = Map.groupBy(await expireLeases(db, clock.now()), ({ runId }) => runId);
      for (const [runId, parts] of byRun) {
        const nodeIds: NodeId[] = parts.map(({ nodeId }) => nodeId);
        bus.publish('run.changed', { runId, nodeIds });
      }
      await finish();
    },
  };
};
