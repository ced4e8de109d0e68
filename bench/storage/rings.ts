/** Fills the metrics store by the way of every sample, on a clock that runs as fast as the rows go in. */
import { randomBytes } from 'node:crypto';
import type { NodeId } from '@serverbox/contract/ids';
import { HOST_FIELDS } from '@serverbox/contract/metrics';
import { commitSamples } from '../../core/src/features/metrics/commit.ts';
import { createDirtyHours } from '../../core/src/features/metrics/dirty-hours.ts';
import { ensureMark } from '../../core/src/features/metrics/marks.ts';
import { packHotSlots } from '../../core/src/features/metrics/pack.ts';
import { tellRow, toStored } from '../../core/src/features/metrics/precision.ts';
import { rollUpDueHours } from '../../core/src/features/metrics/roll-up.ts';
import { spoolOf } from '../../core/src/features/metrics/sample.ts';
import { createSeriesIds, seriesKey } from '../../core/src/features/metrics/series-ids.ts';
import { fakeClock } from '../../core/src/lib/clock.ts';
import type { Database } from '../../core/src/lib/db/database.ts';
import { newId } from '../../core/src/lib/ids.ts';
import { silentLog as log } from '../../core/src/lib/log.ts';
import { nodes } from '../../core/src/schema/nodes.ts';
import type { Recording } from './recording.ts';

export const STEP_MS = 5000;
export const HOUR_MS = 3_600_000;

const never = new AbortController().signal;

/** A clock that starts at the beginning of an hour, nodes, and a way to let an hour pass with a sample every five seconds. */
export const openRings = async (database: Database, recording: Recording, startAt: Date, nodeCount: number) => {
  const clock = fakeClock(startAt);
  const nodeIds = Array.from({ length: nodeCount }, () => newId<NodeId>());
  await database.db.insert(nodes).values(
    nodeIds.map((id) => ({
      id,
      name: id,
      via: 'agent',
      hostPublicKey: `ssh-ed25519 ${id}`,
      services: ['metrics' as const],
    })),
  );
  const deps = {
    database,
    clock,
    seriesIds: createSeriesIds({ database, clock, log }),
    dirtyHours: createDirtyHours(clock),
  };
  const spools = nodeIds.map((id) => spoolOf(id, randomBytes(16).toString('hex')));
  for (const { nodeId, epoch } of spools) await ensureMark(database.db, nodeId, epoch);
  const rows = recording.rows.map((row) => toStored(tellRow('host', row)));
  let seq = 0;

  const storeHour = async (): Promise<void> => {
    const from = clock.now().getTime();
    const steps = HOUR_MS / STEP_MS;
    for (const [index, spool] of spools.entries()) {
      const series = seriesKey(spool.nodeId, 'host', '');
      const samples = Array.from({ length: steps }, (_, step) => {
        // Each node is somewhere else in the recording, so that no two are alike at any time.
        const values = rows[(seq + step + index * 37) % rows.length] ?? new Float32Array(HOST_FIELDS.length);
        return { spool, seq: seq + step + 1, at: from + step * STEP_MS, rows: [{ series, values }] };
      });
      await commitSamples(deps, samples);
    }
    seq += steps;
    clock.advance(HOUR_MS);
  };
  return {
    clock,
    nodeIds,
    storeHour,
    /** What the jobs of the core do each hour. */
    keepHouse: async (): Promise<void> => {
      await rollUpDueHours(deps, never);
      await packHotSlots(deps, never);
    },
  };
};
