/** For tests: machines that report, over the real HTTP surface, into a real database. */
import type { NodeId } from '@serverbox/contract/ids';
import type { PushedContainer } from '@serverbox/contract/push';
import { createMemoryBus } from '../../lib/bus/memory-bus.ts';
import { fakeClock } from '../../lib/clock.ts';
import { withTestDatabase } from '../../lib/db/testing.ts';
import { newId } from '../../lib/ids.ts';
import { createLimits } from '../../lib/limits.ts';
import { createLog } from '../../lib/log.ts';
import { createClientIp } from '../../middleware/client-ip.ts';
import { createContextOf } from '../../middleware/context.ts';
import { createSessionCookies } from '../../middleware/cookies.ts';
import { createGate } from '../../middleware/gate.ts';
import { createHttpApp } from '../../middleware/http-app.ts';
import { createOriginCheck } from '../../middleware/origin.ts';
import type { AuditIntent } from '../../middleware/ports.ts';
import { router } from '../../middleware/procedures.ts';
import { createStreams } from '../../middleware/streams.ts';
import { startWeb } from '../../roles/web.ts';
import { nodes } from '../../schema/nodes.ts';
import { createForeignNames } from '../agents/foreign-names.ts';
import { createPushCredentials } from '../agents/push-credentials.ts';
import { createPushRoutes } from './routes.ts';
import { createPush } from './service.ts';

const NOON = new Date('2026-03-01T12:00:00Z');

/** `attempts`: how many wrong credentials one address may send in a minute. */
export const openPush = async ({ attempts = 60 } = {}) => {
  const { database, close } = await withTestDatabase();
  const clock = fakeClock(NOON);
  const logged: string[] = [];
  const log = createLog('debug', { write: (line: string) => void logged.push(line) });
  const bus = createMemoryBus(log);
  const openLimit = createLimits(undefined);
  const failures = openLimit({ name: 'agent-link', points: attempts, windowSeconds: 60 });
  const denied: AuditIntent[] = [];
  const audit = {
    intend: async () => newId<string>(),
    conclude: async (_: string, intent: AuditIntent) => void denied.push(intent),
  };
  const tokens = createPushCredentials({ database, failures });
  const noteForeignName = createForeignNames({ audit, failures });
  const createNode = async (name: string) => {
    const id = newId<NodeId>();
    await database.db.insert(nodes).values({ id, name });
    return id;
  };
  const build = () => createPush({ database, bus, clock, log, openLimit, createNode, tokens, noteForeignName });
  const push = build();
  await push.start();
  const clientIp = createClientIp([]);
  const cookies = createSessionCookies(false);
  const app = createHttpApp({
    router: router({}),
    streamRoutes: [],
    nodeRoutes: {
      routes: createPushRoutes(push),
      clientIp,
      authenticate: (_, authorization, ip) => tokens.authenticate(authorization, ip),
      onForeignName: noteForeignName,
    },
    gate: createGate({ findNode: async () => undefined, audit }),
    streams: createStreams(),
    contextOf: createContextOf({ clientIp, cookies, identify: async () => undefined }),
    checkOrigin: createOriginCheck(undefined),
    cookies,
    isHttps: false,
    log,
  });
  const web = await startWeb({
    app,
    onUpgrade: (_, socket) => socket.destroy(),
    dashboardDir: '/nonexistent',
    host: '127.0.0.1',
    port: 0,
  });
  return {
    ...{ database, clock, bus, push, tokens, denied, logged, url: web.url },
    /** What a core finds that starts after this one. */
    restart: build,
    close: async () => {
      push.stop();
      await web.stop();
      await bus.close();
      await close();
    },
  };
};
export type PushInstallation = Awaited<ReturnType<typeof openPush>>;

export const aContainer = (more: Partial<PushedContainer> = {}): PushedContainer => ({
  id: 'a'.repeat(64),
  name: 'web',
  image: 'nginx:1.27',
  imageId: 'sha256:0',
  state: 'running',
  status: 'Up 3 hours',
  createdAt: '2026-03-01T09:00:00Z',
  startedAt: '2026-03-01T09:00:01Z',
  restartCount: 0,
  restartPolicy: 'always',
  health: 'none',
  ports: [{ hostIp: '0.0.0.0', hostPort: 8080, containerPort: 80, proto: 'tcp' }],
  networks: [{ name: 'bridge', ip: '172.17.0.2' }],
  mounts: [{ type: 'volume', source: 'data', destination: '/data', rw: true }],
  env: [{ key: 'NODE_ENV', value: 'production' }],
  command: 'nginx -g daemon off;',
  labels: { 'com.docker.compose.project': 'shop' },
  stats: {
    cpuPercent: 150,
    memUsage: 20,
    memLimit: 100,
    netRxBytes: 1,
    netTxBytes: 2,
    blockReadBytes: 3,
    blockWriteBytes: 4,
  },
  ...more,
});
