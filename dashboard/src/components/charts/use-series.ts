/** History from the core and what arrives live after it, joined in a buffer for as long as a chart is on screen. */
import type { LiveEvent } from '@serverbox/contract/events';
import type { ContainerId, NodeId } from '@serverbox/contract/ids';
import type { ContainerField, HostField } from '@serverbox/contract/metrics';
import { CONTAINER_FIELDS, HOST_FIELDS } from '@serverbox/contract/metrics';
import type { Resolution, Series } from '@serverbox/contract/series';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { useLive } from '../../hooks/use-live.ts';
import { useTRPCClient } from '../../lib/trpc.ts';
import type { TimeRange } from './range.ts';
import type { SeriesBuffer, Value } from './series-buffer.ts';
import { createSeriesBuffer } from './series-buffer.ts';

export interface SeriesSource {
  fields: readonly string[];
  buffer: SeriesBuffer;
  range: TimeRange;
  status: 'loading' | 'ready' | 'failed';
  error: unknown;
  retry(): void;
  resolution: Resolution | undefined;
  isEmpty: boolean;
}

const REFRESH_MEANS_MS = 60_000;

const boundsOf = (range: TimeRange): { from: string; to: string } => {
  const toMs = range.kind === 'between' ? range.toMs : Date.now();
  const fromMs = range.kind === 'between' ? range.fromMs : toMs - range.lengthMs;
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
};
const keyOf = (range: TimeRange): string => (range.kind === 'last' ? range.key : `${range.fromMs}-${range.toMs}`);

interface Feed {
  key: readonly string[];
  fields: readonly string[];
  range: TimeRange;
  fetchSeries(bounds: { from: string; to: string }, signal: AbortSignal): Promise<Series>;
  topic: `metrics:${string}`;
  /** The live values in the order of `fields`, if the event carries some for this chart. */
  pick(event: LiveEvent): { atMs: number; values: readonly Value[] } | undefined;
}

const useFeed = ({ key, fields, range, fetchSeries, topic, pick }: Feed): SeriesSource => {
  const isLive = range.kind === 'last';
  const identity = [...key, keyOf(range), ...fields].join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: another node or range starts with an empty picture.
  const buffer = useMemo(() => createSeriesBuffer(fields), [identity]);
  const query = useQuery({
    queryKey: ['series', identity],
    queryFn: ({ signal }) => fetchSeries(boundsOf(range), signal),
    staleTime: isLive ? 0 : Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) =>
      isLive && state.data !== undefined && state.data.resolution !== 'raw' ? REFRESH_MEANS_MS : false,
  });
  const { data } = query;
  useEffect(() => {
    if (data !== undefined) buffer.load(data);
  }, [buffer, data]);

  useLive(isLive ? [topic] : [], (event) => {
    const point = pick(event);
    if (point === undefined || (data !== undefined && data.resolution !== 'raw')) return;
    buffer.append(point.atMs, point.values);
    if (range.kind === 'last') buffer.trim(point.atMs - range.lengthMs);
  });

  const isEmpty = useSyncExternalStore(buffer.subscribe, () => buffer.at().length === 0);
  return {
    fields,
    buffer,
    range,
    status: !isEmpty || data !== undefined ? 'ready' : query.isError ? 'failed' : 'loading',
    error: query.error,
    retry: () => query.refetch(),
    resolution: data?.resolution,
    isEmpty,
  };
};

/** Figures of a node. `fields` has to be the same array at each render. */
export const useHostSeries = (nodeId: NodeId, fields: readonly HostField[], range: TimeRange): SeriesSource => {
  const client = useTRPCClient();
  return useFeed({
    key: [nodeId],
    fields,
    range,
    fetchSeries: (bounds, signal) => client.metrics.host.query({ nodeId, fields: [...fields], ...bounds }, { signal }),
    topic: `metrics:${nodeId}`,
    pick: (event) =>
      event.type === 'host' && event.nodeId === nodeId
        ? { atMs: event.at, values: fields.map((field) => event.values[HOST_FIELDS.indexOf(field)] ?? null) }
        : undefined,
  });
};

interface ContainerTarget {
  nodeId: NodeId;
  containerId: ContainerId;
}

/** Figures of a container. `fields` has to be the same array at each render. */
export const useContainerSeries = (
  { nodeId, containerId }: ContainerTarget,
  fields: readonly ContainerField[],
  range: TimeRange,
): SeriesSource => {
  const client = useTRPCClient();
  return useFeed({
    key: [nodeId, containerId],
    fields,
    range,
    fetchSeries: (bounds, signal) =>
      client.metrics.container.query({ nodeId, containerId, fields: [...fields], ...bounds }, { signal }),
    topic: `metrics:${nodeId}`,
    pick: (event) => {
      if (event.type !== 'usage' || event.nodeId !== nodeId) return undefined;
      const row = event.rows.find(([shortId]) => containerId.startsWith(shortId));
      return row && { atMs: event.at, values: fields.map((field) => row[1][CONTAINER_FIELDS.indexOf(field)] ?? null) };
    },
  });
};
