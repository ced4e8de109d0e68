/**
 * What happens to each message of an agent: times are moved to the core's clock, values rounded, what was seen before or is
 * too old is left out, and the rest goes to memory, to the live channel and to the writer. One receiver for each stream.
 */
import type { NodeId } from '@serverbox/contract/ids';
import type { AgentMessage } from '@serverbox/contract/wire';
import { MAX_CONTAINERS_PER_NODE } from '@serverbox/contract/wire';
import type { Clock } from '../../lib/clock.ts';
import type { ClockSkew } from './clock-skew.ts';
import { createClockSkew } from './clock-skew.ts';
import type { LatestValues } from './latest.ts';
import type { LiveFeed } from './live.ts';
import type { SeriesKind } from './precision.ts';
import { tellRow, toStored } from './precision.ts';
import { OLDEST_SAMPLE_MS } from './rings.ts';
import { spoolOf } from './sample.ts';
import type { SeriesKey } from './series-ids.ts';
import { seriesKey } from './series-ids.ts';
import type { SampleWriter } from './writer.ts';

type Hello = Extract<AgentMessage, { type: 'hello' }>;
type SampleMessage = Extract<AgentMessage, { type: 'host' | 'containers' }>;
type DetailMessage = Extract<AgentMessage, { type: 'detail' }>;

export interface ReceiverDeps {
  clock: Clock;
  latest: LatestValues;
  live: LiveFeed;
  writer: SampleWriter;
}

export interface Receiver {
  receive(message: SampleMessage | DetailMessage): void;
  /** Samples that were left out: seen before, or older than what is kept. */
  readonly staleCount: number;
  readonly tooOldCount: number;
}

/** Samples that the spool held back are history: they are stored, but not shown as if they happened now. */
const LIVE_AGE_MS = 15_000;

type Rows = readonly (readonly [string, readonly (number | null)[]])[];

/** Rounded once, for those who look and for the store. The key of a host is empty. */
const tellRows = (message: SampleMessage): Rows =>
  message.type === 'host'
    ? [['', tellRow('host', message.values)]]
    : message.rows.map(([key, values]) => [key, tellRow('container', values)]);

/** The keys of a stream's series; containers come and go, so they are forgotten now and then. */
const createSeriesKeys = (nodeId: NodeId) => {
  const known = new Map<string, SeriesKey>();
  return (kind: SeriesKind, key: string): SeriesKey => {
    const series = known.get(key) ?? seriesKey(nodeId, kind, key);
    if (known.size > MAX_CONTAINERS_PER_NODE * 2) known.clear();
    known.set(key, series);
    return series;
  };
};

/**
 * `committedSeq` is the mark that was answered in `welcome`; `acknowledge` is called with
 * each number that is durable.
 * Times of a message are by the agent's clock as `hello` showed it at `receivedAtMs`.
 */
export const createReceiver = (
  deps: ReceiverDeps,
  stream: {
    nodeId: NodeId;
    hello: Hello;
    receivedAtMs: number;
    committedSeq: number;
    acknowledge: (seq: number) => void;
  },
): Receiver => {
  const { clock, latest, live, writer } = deps;
  const { nodeId, hello, acknowledge } = stream;
  const skew: ClockSkew = createClockSkew(hello.now, stream.receivedAtMs);
  let { committedSeq } = stream;
  let acceptedSeq = committedSeq;
  const spool = spoolOf(nodeId, hello.epoch);
  const seriesOf = createSeriesKeys(nodeId);
  let staleCount = 0;
  let tooOldCount = 0;
  latest.setClockSkew(nodeId, skew.skewMs);

  const show = (kind: SeriesKind, rows: Rows, at: number, nowMs: number): void => {
    const observedAt = new Date(at);
    const isLive = nowMs - at <= LIVE_AGE_MS;
    if (kind === 'container') {
      const isNew = latest.setUsage(nodeId, { rows: new Map(rows), observedAt });
      if (isNew && isLive) live.tell({ type: 'usage', nodeId, at, rows });
      return;
    }
    const values = rows[0]?.[1] ?? [];
    if (latest.setReading(nodeId, { values, observedAt }) && isLive) live.tell({ type: 'host', nodeId, at, values });
  };

  const receiveSample = (message: SampleMessage): void => {
    const { seq } = message;
    if (seq <= acceptedSeq) {
      staleCount += 1;
      // An agent that sends it again has missed the answer.
      if (seq <= committedSeq) acknowledge(committedSeq);
      return;
    }
    acceptedSeq = seq;
    const nowMs = clock.now().getTime();
    const at = skew.toCoreTime(message.at, nowMs);
    const isTooOld = nowMs - at > OLDEST_SAMPLE_MS;
    const kind = message.type === 'host' ? 'host' : 'container';
    const told = isTooOld ? [] : tellRows(message);
    if (isTooOld) tooOldCount += 1;
    else show(kind, told, at, nowMs);
    const rows = told.map(([key, values]) => ({ series: seriesOf(kind, key), values: toStored(values) }));
    // Too old or not, it takes its turn: an acknowledgement covers every lower number.
    const kept = { spool, seq, at: Math.max(at, nowMs - OLDEST_SAMPLE_MS), rows };
    writer.add(kept, () => {
      committedSeq = seq;
      acknowledge(seq);
    });
  };

  const receiveDetail = ({ type: _, at: agentAt, ...detail }: DetailMessage): void => {
    const nowMs = clock.now().getTime();
    skew.observe(agentAt, nowMs);
    latest.setClockSkew(nodeId, skew.skewMs);
    const at = skew.toCoreTime(agentAt, nowMs);
    if (latest.setDetail(nodeId, { detail, observedAt: new Date(at) }))
      live.tell({ type: 'detail', nodeId, at, detail });
  };

  return {
    receive: (message) => (message.type === 'detail' ? receiveDetail(message) : receiveSample(message)),
    get staleCount() {
      return staleCount;
    },
    get tooOldCount() {
      return tooOldCount;
    },
  };
};
