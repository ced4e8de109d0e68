/** Metrics: taken from the agents, kept, told live and as history. The composition of the parts beside this file. */
import type { Duplex } from 'node:stream';
import type { NodeId } from '@serverbox/contract/ids';
import { CONTAINER_FIELDS, HOST_FIELDS } from '@serverbox/contract/metrics';
import type { ContainerSeriesInput, HostSeriesInput, Series } from '@serverbox/contract/series';
import type { AgentMessage } from '@serverbox/contract/wire';
import type { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import type { Log } from '../../lib/log.ts';
import { attachStream } from './attach.ts';
import { commitSamples } from './commit.ts';
import { createDirtyHours } from './dirty-hours.ts';
import { createHistory } from './history.ts';
import type { ObservedDetail, Reading, Usage } from './latest.ts';
import { createLatestValues } from './latest.ts';
import type { LiveMetrics } from './live.ts';
import { createLiveFeed } from './live.ts';
import { ensureMark, listLastSampleTimes } from './marks.ts';
import { createPace } from './pace.ts';
import { restoreLatest } from './restore.ts';
import { createSeriesIds, seriesKey } from './series-ids.ts';
import type { Spark } from './sparks.ts';
import { createSparks } from './sparks.ts';
import { createSampleWriter } from './writer.ts';

export interface MetricsDeps {
  database: Database;
  clock: Clock;
  log: Log;
  /** Stores what an agent says about its node at the beginning of each stream. */
  onHello(nodeId: NodeId, hello: Extract<AgentMessage, { type: 'hello' }>): Promise<void>;
}

export interface MetricsService {
  /**
   * Serves one `metrics` subsystem until it ends or `signal` aborts; a second stream of the same node ends the first. Never
   * rejects. `violation`: the agent broke the protocol, so opening another stream at once is useless.
   */
  attach(nodeId: NodeId, duplex: Duplex, signal: AbortSignal): Promise<'ended' | 'violation'>;
  /** Makes the node's agent sample each second until the returned function is called. */
  watch(nodeId: string): () => void;
  /** News as they arrive, before they are stored. The returned function unsubscribes. */
  subscribe(listener: (news: LiveMetrics) => void): () => void;
  /** The newest values that are known, whatever their age; undefined when none ever came (usage, detail: since the start). */
  latestReading(nodeId: string): Reading | undefined;
  latestUsage(nodeId: string): Usage | undefined;
  latestDetail(nodeId: string): ObservedDetail | undefined;
  /** The last few readings, newest last. */
  recentReadings(nodeId: string): readonly Reading[];
  /** When the newest sample of the node was taken; undefined when none ever came. */
  lastSampleAt(nodeId: string): Date | undefined;
  /** The agent's clock minus the core's. */
  clockSkewMs(nodeId: string): number | undefined;
  /** @throws AppError `bad_request` */
  hostSeries(input: z.infer<typeof HostSeriesInput>): Promise<Series>;
  containerSeries(input: z.infer<typeof ContainerSeriesInput>): Promise<Series>;
  /** In the order of `nodeIds`; a node without samples has sixty gaps. */
  sparks(nodeIds: readonly NodeId[]): Promise<Spark[]>;
  /** Reads the newest stored values. Call once, before the first agent attaches. */
  start(): Promise<void>;
  /** Ends all streams and makes one last attempt to store what has come in. */
  close(): Promise<void>;
}

/** Containers are known to the agent's samples by the first digits of their id. */
const CONTAINER_KEY_LENGTH = 12;

const rangeOf = ({ from, to }: { from: string; to: string }) => ({ from: Date.parse(from), to: Date.parse(to) });
const columnsOf = <F extends string>(all: readonly F[], names: readonly F[]) =>
  [...new Set(names)].map((name) => ({ name, column: all.indexOf(name) }));

const laterOf = (left: Date | undefined, right: Date | undefined): Date | undefined =>
  left === undefined || (right !== undefined && right > left) ? right : left;

export const createMetrics = (deps: MetricsDeps): MetricsService => {
  const { database, clock, log } = deps;
  const seriesIds = createSeriesIds({ database, clock, log });
  const dirtyHours = createDirtyHours(clock);
  const commit = (samples: Parameters<typeof commitSamples>[1]) =>
    commitSamples({ database, clock, seriesIds, dirtyHours }, samples);
  const writer = createSampleWriter({ commit, clock, log });
  const latest = createLatestValues(clock);
  const live = createLiveFeed(log);
  const pace = createPace();
  const readHistory = createHistory({ database, clock, seriesIds });
  const attachDeps = {
    clock,
    log,
    latest,
    live,
    writer,
    pace,
    onHello: deps.onHello,
    ensureMark: (nodeId: NodeId, epoch: string) => ensureMark(database.db, nodeId, epoch),
  };
  const streams = new Map<string, AbortController>();
  const closing = new AbortController();
  let sampleTimes = new Map<string, Date>();

  return {
    attach: async (nodeId, duplex, signal) => {
      streams.get(nodeId)?.abort();
      const own = new AbortController();
      streams.set(nodeId, own);
      try {
        return await attachStream(attachDeps, nodeId, duplex, AbortSignal.any([signal, own.signal, closing.signal]));
      } finally {
        if (streams.get(nodeId) === own) streams.delete(nodeId);
      }
    },
    watch: pace.watch,
    subscribe: live.subscribe,
    latestReading: latest.reading,
    latestUsage: latest.usage,
    latestDetail: latest.detail,
    recentReadings: latest.recentReadings,
    lastSampleAt: (nodeId) =>
      laterOf(sampleTimes.get(nodeId), laterOf(latest.reading(nodeId)?.observedAt, latest.usage(nodeId)?.observedAt)),
    clockSkewMs: latest.clockSkewMs,
    hostSeries: (input) => {
      const fields = columnsOf(HOST_FIELDS, input.fields);
      const series = seriesKey(input.nodeId, 'host', '');
      return readHistory({ series, fields, range: rangeOf(input), resolution: input.resolution });
    },
    containerSeries: (input) => {
      const fields = columnsOf(CONTAINER_FIELDS, input.fields);
      const key = input.containerId.slice(0, CONTAINER_KEY_LENGTH);
      const series = seriesKey(input.nodeId, 'container', key);
      return readHistory({ series, fields, range: rangeOf(input), resolution: input.resolution });
    },
    sparks: createSparks({ database, clock }),
    start: async () => {
      sampleTimes = await listLastSampleTimes(database.db);
      await restoreLatest(database, latest);
    },
    close: async () => {
      closing.abort();
      pace.close();
      await writer.close();
    },
  };
};
