/**
 * The part of the core that samples flow through, wired as in `core/src/app.ts`: metrics, nodes, agents' links and live
 * events over the embedded database. What is left out stands before and beside it: accounts, the gate, containers.
 * argv: data directory, number of nodes, path of the socket on which simulated agents come without SSH.
 */
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { NodeId, SessionId, UserId } from '@serverbox/contract/ids';
import { HOST_FIELDS } from '@serverbox/contract/metrics';
import { ALL_PERMISSIONS } from '@serverbox/contract/permissions';
import { sql } from 'drizzle-orm';
import { openAgents } from '../../core/src/features/agents/service.ts';
import { createAudit } from '../../core/src/features/audit/service.ts';
import { ensureAuditHead } from '../../core/src/features/audit/writer.ts';
import { createEvents } from '../../core/src/features/events/service.ts';
import { COPY_HOT, encodeHotRows } from '../../core/src/features/metrics/copy-rows.ts';
import { createMetrics } from '../../core/src/features/metrics/service.ts';
import type { Nodes } from '../../core/src/features/nodes/service.ts';
import { createNodes } from '../../core/src/features/nodes/service.ts';
import { createMemoryBus } from '../../core/src/lib/bus/memory-bus.ts';
import { systemClock as clock } from '../../core/src/lib/clock.ts';
import { createSealer } from '../../core/src/lib/crypto/sealing.ts';
import { newId } from '../../core/src/lib/ids.ts';
import { createLimits } from '../../core/src/lib/limits.ts';
import { createLinks } from '../../core/src/lib/link/links.ts';
import { silentLog as log, Secret } from '../../core/src/lib/log.ts';
import type { Principal } from '../../core/src/middleware/ports.ts';
import { nodes as nodesTable } from '../../core/src/schema/nodes.ts';
import { serve } from '../lib/serve.ts';
import { openStore } from '../lib/store.ts';
import { readUsage } from '../lib/usage.ts';
import { simulatedFacts } from './simulated.ts';

const [dataDir = '', nodeCountText = '', socketPath = ''] = process.argv.slice(2);
/** A node id and a line end, said before the agent's own words. */
const ADDRESS_BYTES = 37;

const store = await openStore(dataDir);
const { database } = store;
await ensureAuditHead(database.db);
const bus = createMemoryBus(log);
const links = createLinks({ bus, clock, log });
const metrics = createMetrics({ database, clock, log, onHello: (nodeId, hello) => nodes.touchFacts(nodeId, hello) });
const nodes: Nodes = createNodes({
  database,
  clock,
  log,
  bus,
  links,
  readings: metrics,
  countContainers: () => null,
  listWays: () => [],
  everyMs: () => undefined,
  detach: async () => undefined,
  keepsLocalNode: false,
});
const audit = createAudit({ db: database.db, key: Buffer.alloc(32, 1), clock });
const agents = await openAgents({
  database,
  sealer: createSealer(new Secret(Buffer.alloc(32, 2))),
  audit,
  bus,
  links,
  openLimit: createLimits(undefined),
  clientIp: (peer) => peer,
  attachMetrics: metrics.attach,
  recordActivity: nodes.recordActivity,
  clock,
  log,
});
const events = createEvents({ bus, clock, log, metrics, nodes });

const nodeIds = Array.from({ length: Number(nodeCountText) }, () => newId<NodeId>());
const BATCH = 1000;
for (let start = 0; start < nodeIds.length; start += BATCH) {
  const rows = nodeIds.slice(start, start + BATCH);
  await database.db.insert(nodesTable).values(
    rows.map((id) => ({
      id,
      name: id,
      hostPublicKey: `ssh-ed25519 ${id}`,
      services: ['metrics' as const],
    })),
  );
}
await metrics.start();
nodes.start();

/** The gate's part is left out: whoever comes here may see everything. */
const principal: Principal = {
  userId: newId<UserId>(),
  email: 'bench@example.org',
  role: 'admin',
  permissions: new Set(ALL_PERMISSIONS),
  sessionId: newId<SessionId>(),
};
const web = createHttpServer((request, response) => {
  const topics = new URL(request.url ?? '/', 'http://localhost').searchParams.get('topics')?.split(',') ?? [];
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  void events.serve({ principal, topics, lastEventId: undefined, signal: gone.signal }, response);
});
web.on('upgrade', agents.upgrade.handle);
web.listen(0, '127.0.0.1');
await once(web, 'listening');

const ended = new AbortController();
const receive = async (socket: Socket): Promise<void> => {
  socket.on('error', () => socket.destroy());
  let address: Buffer | null = socket.read(ADDRESS_BYTES);
  for (; address === null; address = socket.read(ADDRESS_BYTES)) await once(socket, 'readable');
  await metrics.attach(address.toString().trim() as NodeId, socket, ended.signal);
};
const raw = createServer((socket) => {
  receive(socket).catch(() => socket.destroy());
});
raw.listen({ path: socketPath, backlog: 4096 });
await once(raw, 'listening');

const LIMIT_ROWS = 100_000;
const LIMIT_ROUNDS = 3;
const TABLE = 'bench_copy';

/** Rows a second that PostgreSQL itself reads from a file into a table like ours, durably. */
const measureCopyLimit = async (): Promise<number> => {
  const values = Float32Array.from(HOST_FIELDS, (_, index) => index * 1.5);
  const now = Date.now();
  const rows = Array.from({ length: LIMIT_ROWS }, (_, index) => ({
    seriesId: index % 1000,
    slot: 0,
    at: now + index,
    values,
  }));
  const path = join('/tmp', `serverbox-bench-${process.pid}.copy`);
  await writeFile(path, encodeHotRows(rows), { mode: 0o644 });
  try {
    return await database.withOwner(async (client) => {
      await client.query(`CREATE TABLE ${TABLE} (LIKE metric_hot INCLUDING ALL)`);
      const startedAt = performance.now();
      const copy = COPY_HOT.replace('metric_hot', TABLE).replace('STDIN BINARY', `'${path}' BINARY`);
      for (let round = 0; round < LIMIT_ROUNDS; round += 1) await client.query(copy);
      const seconds = (performance.now() - startedAt) / 1000;
      await client.query(`DROP TABLE ${TABLE}`);
      return (LIMIT_ROWS * LIMIT_ROUNDS) / seconds;
    });
  } finally {
    await rm(path, { force: true });
  }
};

const countHot = async (): Promise<number> => {
  const { rows } = await database.db.execute<{ count: string }>(sql`select count(*) as count from metric_hot`);
  return Number(rows[0]?.count);
};

/** Each from an address of its own: one alone may not enrol so many at once. */
const enroll = async (hostPublicKeys: readonly string[]): Promise<string[]> => {
  const credentials: string[] = [];
  for (const [index, hostPublicKey] of hostPublicKeys.entries()) {
    const { token } = await agents.issueToken({ nodeName: `linked-${index}`, isLocal: false });
    const request = { token: token.reveal(), hostPublicKey, facts: simulatedFacts(`linked-${index}`) };
    credentials.push((await agents.enroll(request, { ip: `10.0.${index >> 8}.${index & 255}` })).credential);
  }
  return credentials;
};

serve(
  {
    nodeIds: () => nodeIds,
    url: () => `http://127.0.0.1:${(web.address() as AddressInfo).port}`,
    usage: readUsage,
    copyLimit: measureCopyLimit,
    countHot,
    enroll,
    linkCount: () => links.list().length,
  },
  async () => {
    ended.abort();
    events.close();
    agents.stop();
    nodes.stop();
    web.close();
    web.closeAllConnections();
    raw.close();
    await metrics.close();
    await bus.close();
    await store.close();
  },
);
