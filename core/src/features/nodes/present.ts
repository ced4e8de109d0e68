/** Rows and measurements as the API tells them. Pure. */
import { HOST_FIELDS } from '@serverbox/contract/metrics';
import type { HostReading, NodeDetail, NodeStatus, NodeSummary } from '@serverbox/contract/nodes';
import type { Observed } from '@serverbox/contract/observed';
import type { NodeWay } from '@serverbox/contract/ways';
import type { z } from 'zod';
import { parsePublicKey } from '../../lib/link/ssh-keys.ts';
import { listCapabilities } from './capabilities.ts';
import type { NodeReading, ObservedNodeDetail } from './ports.ts';
import type { NodeRow } from './queries.ts';

const observed = <T>(value: T, observedAt: Date): Observed<T> => ({
  value,
  observedAt: observedAt.toISOString(),
  source: 'agent',
});

const toHostReading = (values: readonly (number | null)[]): HostReading =>
  Object.fromEntries(HOST_FIELDS.map((field, index) => [field, values[index] ?? null])) as HostReading;

export interface SummaryParts {
  row: NodeRow;
  status: NodeStatus;
  reading: NodeReading | undefined;
  containerCount: { running: number; total: number } | null;
  /** In the order of the ladder. */
  ways: NodeWay[];
}

export const toSummary = ({
  row,
  status,
  reading,
  containerCount,
  ways,
}: SummaryParts): z.infer<typeof NodeSummary> => ({
  id: row.id,
  name: row.name,
  via: ways.find(({ isInUse }) => isInUse)?.way ?? ways[0]?.way ?? null,
  ways,
  isLocal: row.isLocal,
  status,
  facts: row.facts,
  services: row.services,
  tags: row.tags,
  isFavourite: row.isFavourite,
  hasNote: row.hasNote,
  conflict: row.conflict,
  reading: reading === undefined ? null : observed(toHostReading(reading.values), reading.observedAt),
  containerCount,
  createdAt: row.createdAt.toISOString(),
});

export const toDetail = (
  parts: SummaryParts & {
    detail: ObservedNodeDetail | undefined;
    clockSkewMs: number | undefined;
    linkedAt: Date | undefined;
    note: string;
  },
): z.infer<typeof NodeDetail> => ({
  ...toSummary(parts),
  clockSkewMs: parts.clockSkewMs ?? null,
  linkedSince: parts.linkedAt?.toISOString() ?? null,
  hostKeyFingerprint: parts.row.hostPublicKey === null ? null : parsePublicKey(parts.row.hostPublicKey).fingerprint,
  note: parts.note,
  capabilities: listCapabilities(parts.ways, parts.row.services),
  detail: parts.detail === undefined ? null : observed(parts.detail.detail, parts.detail.observedAt),
});
