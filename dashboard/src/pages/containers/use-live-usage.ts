import type { ObservedContainer } from '@serverbox/contract/containers';
import type { ContainerField } from '@serverbox/contract/metrics';
import { CONTAINER_FIELDS } from '@serverbox/contract/metrics';
import { useMemo, useState } from 'react';
import { useLive } from '../../hooks/use-live.ts';

type Usage = Record<ContainerField, number | null>;

/** A list over many nodes is not watched each second: so many agents at that pace would cost more than it shows. */
const MOST_NODES = 8;
const MOST_ROWS = 500;
const SHORT_ID_CHARS = 12;

const usageOf = (values: readonly (number | null)[]): Usage =>
  Object.fromEntries(CONTAINER_FIELDS.map((field, index) => [field, values[index] ?? null])) as Usage;

/** The same containers with their figures of this second, where few enough are on screen. */
export const useLiveUsage = (rows: readonly ObservedContainer[]): readonly ObservedContainer[] => {
  const [live, setLive] = useState<ReadonlyMap<string, Usage>>(new Map());
  const nodeIds = [...new Set(rows.map((row) => row.value.nodeId))].sort();
  const isWatched = nodeIds.length <= MOST_NODES && rows.length <= MOST_ROWS;
  useLive(isWatched ? nodeIds.map((nodeId) => `metrics:${nodeId}` as const) : [], (event) => {
    if (event.type !== 'usage') return;
    setLive((known) => new Map([...known, ...event.rows.map(([id, values]) => [id, usageOf(values)] as const)]));
  });
  return useMemo(
    () =>
      live.size === 0
        ? rows
        : rows.map((row) => {
            const usage = row.value.state === 'running' ? live.get(row.value.id.slice(0, SHORT_ID_CHARS)) : undefined;
            return usage === undefined ? row : { ...row, value: { ...row.value, usage } };
          }),
    [rows, live],
  );
};
