/** For tests: a metrics store on a database of its own, a clock that the test owns, and agents that speak the wire protocol. */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import type { NodeId } from '@serverbox/contract/ids';
import type { HostField } from '@serverbox/contract/metrics';
import { CONTAINER_FIELDS, HOST_FIELDS } from '@serverbox/contract/metrics';
import type { NodeFacts } from '@serverbox/contract/wire';
import { CoreMessage } from '@serverbox/contract/wire';
import { sql } from 'drizzle-orm';
import type { Clock } from '../../lib/clock.ts';
import { fakeClock } from '../../lib/clock.ts';
import type { Database } from '../../lib/db/database.ts';
import { withTestDatabase } from '../../lib/db/testing.ts';
import { newId } from '../../lib/ids.ts';
import type { Log } from '../../lib/log.ts';
import { silentLog } from '../../lib/log.ts';
import { nodes } from '../../schema/nodes.ts';
import { commitSamples } from './commit.ts';
import { createDirtyHours } from './dirty-hours.ts';
import { ensureMark } from './marks.ts';
import { tellRow, toStored } from './precision.ts';
import { spoolOf } from './sample.ts';
import { createSeriesIds, seriesKey } from './series-ids.ts';
import type { MetricsDeps, MetricsService } from './service.ts';
import { createMetrics } from './service.ts';

/** Twenty minutes past the hour, so that tests choose when an hour ends. */
export const NOON = new Date('2026-03-01T12:20:00Z');
export const noonPlus = (offsetMs: number): Date => new Date(NOON.getTime() + offsetMs);
/** The range of a question for everything that a test stores around `NOON`. */
export const AROUND_NOON = { from: noonPlus(-3_600_000).toISOString(), to: noonPlus(3_600_000).toISOString() };

export const FACTS: NodeFacts = {
  hostname: 'web-1',
  os: 'Debian GNU/Linux 12 (bookworm)',
  kernel: '6.1.0-18-amd64',
  arch: 'amd64',
  virtualization: 'kvm',
  cpuModel: null,
  cpuCores: 2,
  memTotalBytes: 4_106_129_408,
  bootedAt: 1_763_000_000_000,
  addresses: ['192.0.2.10'],
  dockerVersion: null,
  dockerProblem: null,
  agentVersion: '0.1.0',
};

/** Values in the order of the fields; what is not named is zero. */
export const hostValues = (named: Partial<Record<HostField, number | null>>): (number | null)[] =>
  HOST_FIELDS.map((field) => (field in named ? (named[field] ?? null) : 0));
export const containerValues = (cpuCores: number): (number | null)[] =>
  CONTAINER_FIELDS.map((_, index) => (index === 0 ? cpuCores : 0));

export const insertNode = async (database: Database, name: string): Promise<NodeId> => {
  const id = newId<NodeId>();
  await database.db.insert(nodes).values({ id, name, hostPublicKey: `ssh-ed25519 ${id}`, services: ['metrics'] });
  return id;
};

/** How many samples are stored and not packed yet. */
export const countHot = async (database: Database): Promise<number> => {
  const { rows } = await database.db.execute<{ count: string }>(sql`select count(*) as count from metric_hot`);
  return Number(rows[0]?.count);
};

/** The agent's end of one stream. */
export interface TestAgent {
  epoch: string;
  send(message: unknown): void;
  sendRaw(bytes: string | Buffer): void;
  hello(fields?: Record<string, unknown>): void;
  host(seq: number, at: Date, named?: Partial<Record<HostField, number | null>>): void;
  /** The next message of this type; messages of other types before it are passed over. */
  next<T extends CoreMessage['type']>(type: T): Promise<Extract<CoreMessage, { type: T }>>;
  /** Waits until everything up to this number is acknowledged. */
  acked(seq: number): Promise<void>;
  close(): void;
  /** What the core said about the end of the stream. */
  ended: Promise<'ended' | 'violation'>;
  stream: Duplex;
}

const connectAgent = (
  metrics: Pick<MetricsService, 'attach'>,
  nodeId: NodeId,
  options: { clock: Clock; epoch?: string; signal?: AbortSignal },
): TestAgent => {
  const [agentEnd, coreEnd] = duplexPair();
  const epoch = options.epoch ?? randomBytes(16).toString('hex');
  const ended = metrics.attach(nodeId, coreEnd, options.signal ?? new AbortController().signal);
  agentEnd.on('error', () => undefined);
  const incoming = (async function* () {
    let rest = '';
    for await (const chunk of agentEnd) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield CoreMessage.parse(JSON.parse(line));
    }
  })();
  const sendRaw = (bytes: string | Buffer) => agentEnd.write(bytes);
  const send = (message: unknown) => sendRaw(`${JSON.stringify(message)}\n`);
  const next: TestAgent['next'] = async (type) => {
    for (;;) {
      const { value, done } = await incoming.next();
      if (done === true) throw new Error(`the stream ended before a message ${type}`);
      if (value.type === type) return value as never;
    }
  };
  return {
    epoch,
    send,
    sendRaw,
    next,
    hello: (fields = {}) =>
      send({
        type: 'hello',
        protocol: 1,
        epoch,
        now: options.clock.now().getTime(),
        services: ['metrics'],
        facts: FACTS,
        ...fields,
      }),
    host: (seq, at, named = {}) => send({ type: 'host', seq, at: at.getTime(), values: hostValues(named) }),
    acked: async (seq) => {
      for (let ack = await next('ack'); ack.seq < seq; ack = await next('ack'));
    },
    close: () => agentEnd.destroy(),
    ended,
    stream: agentEnd,
  };
};

/** Stores host readings by the way of every sample, without an agent. Returns how many. */
export const storeReadings = async (
  deps: { database: Database; clock: Clock },
  nodeId: NodeId,
  readings: Iterable<{ at: number; named: Partial<Record<HostField, number | null>> }>,
): Promise<number> => {
  const { database, clock } = deps;
  const epoch = randomBytes(16).toString('hex');
  await ensureMark(database.db, nodeId, epoch);
  const commit = {
    ...deps,
    seriesIds: createSeriesIds({ ...deps, log: silentLog }),
    dirtyHours: createDirtyHours(clock),
  };
  const spool = spoolOf(nodeId, epoch);
  const series = seriesKey(nodeId, 'host', '');
  const samples = Array.from(readings, ({ at, named }, index) => {
    const values = toStored(tellRow('host', hostValues(named)));
    return { spool, seq: index + 1, at, rows: [{ series, values }] };
  });
  for (let start = 0; start < samples.length; start += 5000)
    await commitSamples(commit, samples.slice(start, start + 5000));
  return samples.length;
};

/** A migrated database, a node, and a metrics service whose clock stands at `NOON`. */
export const openTestMetrics = async (
  options: { log?: Log; startAt?: Date; onHello?: MetricsDeps['onHello'] } = {},
) => {
  const { database, source, close } = await withTestDatabase();
  const clock = fakeClock(options.startAt ?? NOON);
  const nodeId = await insertNode(database, 'web-1');
  const open = (over: Database = database) =>
    createMetrics({
      database: over,
      clock,
      log: options.log ?? silentLog,
      onHello: options.onHello ?? (async () => undefined),
    });
  const metrics = open();
  const closeAll = async (): Promise<void> => {
    await metrics.close();
    await close();
  };
  return {
    database,
    source,
    clock,
    nodeId,
    metrics,
    /** Another core on the same database, or the same one after a restart. */
    open,
    connect: (more: { epoch?: string; nodeId?: NodeId; metrics?: MetricsService } = {}) =>
      connectAgent(more.metrics ?? metrics, more.nodeId ?? nodeId, { clock, ...(more.epoch && { epoch: more.epoch }) }),
    [Symbol.asyncDispose]: closeAll,
  };
};
