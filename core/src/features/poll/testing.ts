/** For tests: agents that ask over HTTP, with a real ingest and real fleet commands behind it. */
import type { NodeId } from '@serverbox/contract/ids';
import { systemClock } from '../../lib/clock.ts';
import { mintToken } from '../../lib/crypto/tokens.ts';
import { createLimits } from '../../lib/limits.ts';
import { createLinks } from '../../lib/link/links.ts';
import { silentLog } from '../../lib/log.ts';
import { createClientIp } from '../../middleware/client-ip.ts';
import { createContextOf } from '../../middleware/context.ts';
import { createSessionCookies } from '../../middleware/cookies.ts';
import { createGate } from '../../middleware/gate.ts';
import { createHttpApp } from '../../middleware/http-app.ts';
import { createOriginCheck } from '../../middleware/origin.ts';
import { router } from '../../middleware/procedures.ts';
import { createStreams } from '../../middleware/streams.ts';
import { startWeb } from '../../roles/web.ts';
import { nodeCredentials } from '../../schema/nodes.ts';
import { authenticateAgent } from '../agents/admission.ts';
import { createMetrics } from '../metrics/service.ts';
import { openRuns } from '../runs/testing.ts';
import { createPollRoutes } from './routes.ts';
import { createPoll } from './service.ts';

export const openPoll = async () => {
  const context = await openRuns();
  const { database, bus, runs } = context;
  const openLimit = createLimits(undefined);
  const failures = openLimit({ name: 'agent-link', points: 60, windowSeconds: 60 });
  const metrics = createMetrics({ database, clock: systemClock, log: silentLog, onHello: async () => undefined });
  const links = createLinks({ bus, clock: systemClock, log: silentLog });
  const named: string[] = [];
  const conflicts: string[] = [];
  const poll = createPoll({
    ...{ bus, openLimit, links, attachMetrics: metrics.attach, jobs: runs.jobs },
    ...{ clock: systemClock, log: silentLog, recordActivity: context.nodes.recordActivity },
    noteConflict: async ({ name }, ip) => void conflicts.push(`${name} from ${ip}`),
  });
  poll.start();
  const clientIp = createClientIp([]);
  const cookies = createSessionCookies(false);
  const audit = { intend: async () => '', conclude: async () => undefined };
  const app = createHttpApp({
    router: router({}),
    streamRoutes: [],
    nodeRoutes: {
      routes: createPollRoutes(poll),
      clientIp,
      authenticate: (_, authorization, ip) => authenticateAgent({ db: database.db, failures }, authorization, ip),
      onForeignName: async ({ node }, claimed) => void named.push(`${node.id} ${claimed}`),
    },
    gate: createGate({ findNode: async () => undefined, audit }),
    streams: createStreams(),
    contextOf: createContextOf({ clientIp, cookies, identify: async () => undefined }),
    checkOrigin: createOriginCheck(undefined),
    cookies,
    isHttps: false,
    log: silentLog,
  });
  const onUpgrade: Parameters<typeof startWeb>[0]['onUpgrade'] = (_, socket) => socket.destroy();
  const web = await startWeb({ app, onUpgrade, dashboardDir: '/nonexistent', host: '127.0.0.1', port: 0 });
  return {
    ...context,
    poll,
    metrics,
    /** `node claimed`, of requests that named another node. */
    named,
    /** `name from address`, of machines that were turned away as copies. */
    conflicts,
    url: web.url,
    /** A node that asks, with its credential. */
    addAgent: async (name: string): Promise<{ nodeId: NodeId; token: string }> => {
      const nodeId = await context.addPolled(name);
      const { id, token, secretHash } = mintToken('sbn_');
      await database.db.insert(nodeCredentials).values({ id, nodeId, secretHash });
      return { nodeId, token };
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      poll.stop();
      await metrics.close();
      await web.stop();
      await context[Symbol.asyncDispose]();
    },
  };
};
export type PollInstallation = Awaited<ReturnType<typeof openPoll>>;
