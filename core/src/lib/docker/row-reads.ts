/** Reads rows from the engine: all of them, or those of some ids again. */
import type { ContainerId } from '@serverbox/contract/ids';
import type { Clock } from '../clock.ts';
import type { DockerReads } from './client.ts';
import type { ContainerRow } from './rows.ts';
import { rowOf } from './rows.ts';

/** Ids in one request: each is 64 characters of its address. */
const IDS_PER_READ = 100;

export type Rows = Map<ContainerId, ContainerRow>;

export interface ReadContext {
  reads: DockerReads;
  clock: Clock;
  signal: AbortSignal;
}

export const readRows = async ({ reads, clock, signal }: ReadContext, ids?: readonly ContainerId[]): Promise<Rows> => {
  const found = await reads.listContainers({ signal, ...(ids && { ids }) });
  const readAt = clock.now();
  return new Map(found.map((summary) => rowOf(summary, readAt)).map((row) => [row.id, row]));
};

const isSameRow = (a: ContainerRow | undefined, b: ContainerRow | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** Reads these ids again into `rows`; what the engine does not know any more is taken out. Returns the ids that changed. */
export const rereadRows = async (
  context: ReadContext,
  rows: Rows,
  ids: readonly ContainerId[],
): Promise<ContainerId[]> => {
  const changed: ContainerId[] = [];
  for (let at = 0; at < ids.length; at += IDS_PER_READ) {
    const batch = ids.slice(at, at + IDS_PER_READ);
    const fresh = await readRows(context, batch);
    for (const id of batch) {
      const row = fresh.get(id);
      if (isSameRow(rows.get(id), row)) continue;
      changed.push(id);
      if (row === undefined) rows.delete(id);
      else rows.set(id, row);
    }
  }
  return changed;
};
