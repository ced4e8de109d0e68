/** For tests: an installation with a real HTTP surface, a real database and real agents, which belong to the test alone. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import type { NodeId, SessionId, UserId } from '@serverbox/contract/ids';
import { ALL_PERMISSIONS } from '@serverbox/contract/permissions';
import type { NodeFacts } from '@serverbox/contract/wire';
import type { Hono } from 'hono';
import { vi } from 'vitest';
import { createMemoryBus } from '../../lib/bus/memory-bus.ts';
import { systemClock } from '../../lib/clock.ts';
import { createSealer } from '../../lib/crypto/sealing.ts';
import { withTestDatabase } from '../../lib/db/testing.ts';
import { newId } from '../../lib/ids.ts';
import { createLimits } from '../../lib/limits.ts';
import type { NodeLinks } from '../../lib/link/link.ts';
import { createLinks } from '../../lib/link/links.ts';
import type { AgentProgram, LocalAgent } from '../../lib/link/local-agent.ts';
import type { Log } from '../../lib/log.ts';
import { createLog, Secret } from '../../lib/log.ts';
import type { ClientIp } from '../../middleware/client-ip.ts';
import { createClientIp } from '../../middleware/client-ip.ts';
import { createContextOf } from '../../middleware/context.ts';
import { createSessionCookies } from '../../middleware/cookies.ts';
import { createGate } from '../../middleware/gate.ts';
import { createHttpApp } from '../../middleware/http-app.ts';
import { createUpgradeHandler } from '../../middleware/mount-sockets.ts';
import { createOriginCheck } from '../../middleware/origin.ts';
import type { AuditIntent, AuditTrail, Principal } from '../../middleware/ports.ts';
import { createProcedures, router } from '../../middleware/procedures.ts';
import type { HttpEnv } from '../../middleware/rest.ts';
import type { SocketRoute } from '../../middleware/stream-routes.ts';
import { createStreams } from '../../middleware/streams.ts';
import { startWeb } from '../../roles/web.ts';
import type { ActivityEntry, RecordActivity } from './ports.ts';
import { createAgentsRouter } from './router.ts';
import type { Agents } from './service.ts';
import { openAgents } from './service.ts';

const AGENT_PATH = resolve(import.meta.dirname, '../../../../agent/bin/serverbox-agent');
export const TOKEN = 'test-session';

/** What a machine without Docker says of itself when it enrols. */
export const FACTS: NodeFacts = {
  hostname: 'db-1',
  os: 'Debian GNU/Linux 12 (bookworm)',
  kernel: '6.1.0',
  arch: 'amd64',
  virtualization: null,
  cpuModel: null,
  cpuCores: 2,
  memTotalBytes: 1e9,
  bootedAt: 1,
  addresses: [],
  dockerVersion: null,
  dockerProblem: null,
  agentVersion: '0.1.0',
};

export interface AuditLine {
  phase: string;
  actor: string;
  action: string;
  target: string | null;
  details: Record<string, unknown>;
}

const anAdministrator = (): Principal => ({
  userId: newId<UserId>(),
  email: 'admin@example.org',
  role: 'admin',
  permissions: new Set(ALL_PERMISSIONS),
  sessionId: newId<SessionId>(),
});

/** Reads the stream to its end, as an agent's metrics are read where nobody needs them. */
const swallow = (_nodeId: NodeId, duplex: Duplex, signal: AbortSignal): Promise<'ended'> =>
  new Promise((done) => {
    duplex.resume().once('close', () => done('ended'));
    signal.addEventListener('abort', () => duplex.destroy(), { once: true });
  });

export interface InstallationOptions {
  attachMetrics?: typeof swallow;
  /** Sockets to serve beside the agents' link, for a signed-in administrator. */
  sockets?(deps: { links: NodeLinks; recordActivity: RecordActivity; log: Log }): SocketRoute[];
  /** Adds to what is served. */
  mount?(app: Hono<HttpEnv>): void;
}

/** What the installation wrote down, for tests to look at. */
const createRecords = () => {
  const logged: string[] = [];
  const auditLines: AuditLine[] = [];
  const activity: ({ nodeId: NodeId } & ActivityEntry)[] = [];
  const record = (phase: string, { actor, action, target }: AuditIntent, details: Record<string, unknown>) =>
    auditLines.push({ phase, actor, action, target, details });
  const audit: AuditTrail = {
    intend: async (intent) => {
      record('intent', intent, intent.details);
      return newId();
    },
    conclude: async (_, intent, outcome, details) => void record(outcome, intent, details),
  };
  const log = createLog('debug', { write: (line: string) => logged.push(line) });
  const recordActivity = async (nodeId: NodeId, entry: ActivityEntry) => void activity.push({ nodeId, ...entry });
  return { logged, auditLines, activity, audit, log, recordActivity };
};
type Records = ReturnType<typeof createRecords>;

interface SurfaceParts {
  clientIp: ClientIp;
  sockets: SocketRoute[];
  mount: InstallationOptions['mount'];
}

/** The HTTP surface with the agents' procedures; `TOKEN` signs in as administrator. */
const startSurface = async (agents: Agents, { clientIp, sockets, mount }: SurfaceParts, { audit, log }: Records) => {
  const gate = createGate({ findNode: async (_, id) => ({ id, name: 'web-1' }), audit });
  const cookies = createSessionCookies(false);
  const principal = anAdministrator();
  const identify = async (token: string) => (token === TOKEN ? principal : undefined);
  const contextOf = createContextOf({ clientIp, cookies, identify });
  const streams = createStreams();
  const shared = { gate, streams, contextOf, checkOrigin: createOriginCheck(undefined), cookies, log };
  const agentsRouter = router({ agent: createAgentsRouter(createProcedures(gate), agents) });
  const app = createHttpApp({ ...shared, router: agentsRouter, streamRoutes: [], isHttps: false });
  mount?.(app);
  const onUpgrade = createUpgradeHandler(sockets, [agents.upgrade], shared);
  const web = await startWeb({ app, onUpgrade, dashboardDir: '/nonexistent', host: '127.0.0.1', port: 0 });
  return { url: web.url, streams, stop: web.stop };
};

/** State directories and running agents of one test. */
const createMachines = async (agents: Agents, url: string) => {
  const directory = await mkdtemp(join(tmpdir(), 'serverbox-agents-'));
  const running: LocalAgent[] = [];
  const programOf = (name: string, path = AGENT_PATH): AgentProgram => ({
    path,
    stateDir: join(directory, name),
    environment: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
  });
  return {
    programOf,
    /** Starts this machine's agent, as the core does; it ends with the installation. */
    startLocal: ({ name = 'agent', path = AGENT_PATH } = {}) => {
      const agent = agents.startLocal({ program: programOf(name, path), coreUrl: url, hostname: 'web-1' });
      running.push(agent);
      return agent;
    },
    stop: async () => {
      await Promise.all(running.map((agent) => agent.stop()));
      await rm(directory, { recursive: true, force: true });
    },
  };
};

/** A core that listens on loopback, without browsers and without a local agent until one is started. */
export const openInstallation = async ({ attachMetrics = swallow, sockets, mount }: InstallationOptions = {}) => {
  const { database, close } = await withTestDatabase();
  const records = createRecords();
  const { log, recordActivity } = records;
  const bus = createMemoryBus(log);
  const links = createLinks({ bus, clock: systemClock, log });
  const clientIp = createClientIp([]);
  const agents = await openAgents({
    database,
    sealer: createSealer(new Secret(Buffer.alloc(32, 7))),
    audit: records.audit,
    bus,
    links,
    openLimit: createLimits(undefined),
    clientIp,
    attachMetrics,
    recordActivity,
    clock: systemClock,
    log,
  });
  const routes = sockets?.({ links, recordActivity, log }) ?? [];
  const surface = await startSurface(agents, { clientIp, sockets: routes, mount }, records);
  const machines = await createMachines(agents, surface.url);
  return {
    agents,
    database,
    links,
    bus,
    url: surface.url,
    streams: surface.streams,
    ...records,
    ...machines,
    /** The node of the first agent that is linked. */
    untilLinked: async (): Promise<NodeId> => {
      const find = () => links.list()[0]?.nodeId ?? Promise.reject(new Error('no agent is linked'));
      return vi.waitFor(find, { timeout: 15_000, interval: 20 });
    },
    close: async () => {
      await machines.stop();
      agents.stop();
      surface.streams.closeAll();
      await surface.stop();
      await bus.close();
      await close();
    },
  };
};

export type Installation = Awaited<ReturnType<typeof openInstallation>>;
