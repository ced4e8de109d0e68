import type { NodeId } from '@serverbox/contract/ids';
import type { PushReport } from '@serverbox/contract/push';
import { and, asc, eq, gt, isNull, lt, or } from 'drizzle-orm';
import type { Db } from '../../lib/db/orm.ts';
import { pushReports } from '../../schema/push.ts';

export interface HostRow {
  nodeId: NodeId;
  hostId: string;
  /** Null until the first report. */
  report: PushReport | null;
  receivedAt: Date | null;
}

/** A report may be of megabytes: a few at a time. */
const PAGE_ROWS = 10;

const columns = {
  nodeId: pushReports.nodeId,
  hostId: pushReports.hostId,
  report: pushReports.report,
  receivedAt: pushReports.receivedAt,
};
const branded = (row: Omit<HostRow, 'nodeId'> & { nodeId: string }): HostRow => ({
  ...row,
  nodeId: row.nodeId as NodeId,
});

/** The host id that the node has from now on: the given one, or the one that it had before. */
export const ensureHost = async (db: Db, nodeId: NodeId, hostId: string): Promise<string> => {
  await db.insert(pushReports).values({ nodeId, hostId }).onConflictDoNothing({ target: pushReports.nodeId });
  const [row] = await db.select({ hostId: pushReports.hostId }).from(pushReports).where(eq(pushReports.nodeId, nodeId));
  if (row === undefined) throw new Error('the host was stored and is not there');
  return row.hostId;
};

export const findHost = async (db: Db, nodeId: NodeId): Promise<HostRow | undefined> => {
  const [row] = await db.select(columns).from(pushReports).where(eq(pushReports.nodeId, nodeId));
  return row && branded(row);
};

/** Every host, a page at a time. */
export async function* listHosts(db: Db): AsyncGenerator<HostRow> {
  let after: string | undefined;
  for (;;) {
    const rows = await db
      .select(columns)
      .from(pushReports)
      .where(after === undefined ? undefined : gt(pushReports.nodeId, after))
      .orderBy(asc(pushReports.nodeId))
      .limit(PAGE_ROWS);
    for (const row of rows) yield branded(row);
    if (rows.length < PAGE_ROWS) return;
    after = rows.at(-1)?.nodeId;
  }
}

/** Of two reports the newer one stays, in whatever order they come. False: this one is not newer than the stored one. */
export const storeReport = async (db: Db, nodeId: NodeId, report: PushReport, receivedAt: Date): Promise<boolean> => {
  const reportedAt = new Date(report.reportedAt);
  const isNewer = or(isNull(pushReports.reportedAt), lt(pushReports.reportedAt, reportedAt));
  const rows = await db
    .update(pushReports)
    .set({ report, reportedAt, receivedAt })
    .where(and(eq(pushReports.nodeId, nodeId), isNewer))
    .returning({ nodeId: pushReports.nodeId });
  return rows.length === 1;
};
