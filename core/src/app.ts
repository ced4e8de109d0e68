/** The composition root: the only file that knows every feature. Wires them in order and starts the roles. */
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { NodeId } from '@serverbox/contract/ids';
import { childEnvironment } from './config.ts';
import { createAgentless } from './features/agentless/service.ts';
import { openAgents } from './features/agents/service.ts';
import { createAudit } from './features/audit/service.ts';
import { ensureAuditHead } from './features/audit/writer.ts';
import type { Auth } from './features/auth/service.ts';
import { createAuth } from './features/auth/service.ts';
import { createTokens } from './features/auth/tokens.ts';
import { createContainers } from './features/containers/service.ts';
import { createContainerStreams } from './features/containers/streams.ts';
import { createDoctor } from './features/doctor/service.ts';
import { createEvents } from './features/events/service.ts';
import { createEventStreams } from './features/events/streams.ts';
import { createGroups } from './features/groups/service.ts';
import { createInstance, ensureInstance } from './features/instance/service.ts';
import { createMetricJobs, METRIC_SCHEDULES } from './features/metrics/jobs.ts';
import { createMetrics } from './features/metrics/service.ts';
import type { Nodes } from './features/nodes/service.ts';
import { createNodes } from './features/nodes/service.ts';
import { createBaseUrl } from './features/onboarding/base-url.ts';
import { openOnboarding } from './features/onboarding/service.ts';
import { createOverview } from './features/overview/service.ts';
import { createPollRoutes } from './features/poll/routes.ts';
import { createPoll } from './features/poll/service.ts';
import { createPushRoutes } from './features/push/routes.ts';
import { mountPushScript } from './features/push/script.ts';
import { createPush } from './features/push/service.ts';
import { createRuns } from './features/runs/service.ts';
import { openSsh } from './features/ssh/service.ts';
import { bridgePty } from './features/terminal/service.ts';
import { createTerminalSockets } from './features/terminal/streams.ts';
import { deriveKey } from './lib/crypto/keys.ts';
import { sealKeyCheck } from './lib/crypto/master-key.ts';
import { createSealer } from './lib/crypto/sealing.ts';
import { createLinks } from './lib/link/links.ts';
import type { Secret } from './lib/log.ts';
import { openQueue } from './lib/queue/open-queue.ts';
import type { Queue } from './lib/queue/queue.ts';
import type { ClientIp } from './middleware/client-ip.ts';
import { createClientIp } from './middleware/client-ip.ts';
import { createContextOf } from './middleware/context.ts';
import { createSessionCookies } from './middleware/cookies.ts';
import { mountDocuments } from './middleware/documents.ts';
import { createGate } from './middleware/gate.ts';
import { createHttpApp } from './middleware/http-app.ts';
import type { NodeRoutesDeps } from './middleware/mount-node-routes.ts';
import { createUpgradeHandler } from './middleware/mount-sockets.ts';
import { createOriginCheck } from './middleware/origin.ts';
import { createProcedures } from './middleware/procedures.ts';
import type { Streams } from './middleware/streams.ts';
import { createStreams } from './middleware/streams.ts';
import type { Platform } from './platform.ts';
import type { Web } from './roles/web.ts';
import { startWeb } from './roles/web.ts';
import { startWorker } from './roles/worker.ts';
import { createRouter } from './router.ts';
import { VERSION } from './version.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const DASHBOARD_DIR = join(ROOT, 'dashboard/dist');
const AGENTS_DIR = join(ROOT, 'agent/bin');
const AGENT_PATH = join(AGENTS_DIR, 'serverbox-agent');
const INSTALLER = join(ROOT, 'deploy/agent/install.sh');
const PUSH_SCRIPT = join(ROOT, 'deploy/push/serverbox-push.sh');
/** A session that ended while the bus was deaf costs an open stream at most this much longer. */
const SWEEP_MS = 3000;

/** Accounts and what they leave behind; everything else asks these for permission. */
const openAccounts = async ({ database, masterKey, clock, bus, openLimit }: Platform, findNode: Nodes['find']) => {
  const { db } = database;
  await ensureInstance(db, sealKeyCheck(masterKey));
  await ensureAuditHead(db);
  const instance = createInstance(db);
  const audit = createAudit({ db, key: deriveKey(masterKey, 'audit'), clock });
  const gate = createGate({ findNode, audit });
  const tokens = createTokens(deriveKey(masterKey, 'token'), clock);
  const auth = createAuth({ db, tokens, instance, openLimit, gate, bus });
  return { instance, audit, gate, auth };
};

/** Machines and what is on them. The features know each other through small questions, answered here. */
const openFleet = async (platform: Platform, audit: Accounts['audit'], clientIp: ClientIp) => {
  const { database, bus, clock, log, masterKey, openLimit } = platform;
  const links = createLinks({ bus, clock, log });
  const metrics = createMetrics({ database, clock, log, onHello: (nodeId, hello) => nodes.touchFacts(nodeId, hello) });
  const nodes: Nodes = createNodes({
    database,
    clock,
    log,
    bus,
    links,
    readings: metrics,
    countContainers: (nodeId) => containers.countOf(nodeId),
    listWays: (node) =>
      [agents.wayOf(node), ssh.wayOf(node), poll.wayOf(node), push.wayOf(node)].filter((way) => way !== undefined),
    everyMs: (nodeId) => (links.find(nodeId)?.via === 'ssh' ? idleIntervalMs(nodeId) : undefined),
    detach: async (nodeId) => {
      await ssh.detach(nodeId);
      await agents.revoke(nodeId);
      push.forget(nodeId);
      poll.forget(nodeId);
      for (const { link } of links.list().filter((one) => one.nodeId === nodeId)) link.close('the node was removed');
    },
    keepsLocalNode: platform.config.SERVERBOX_LOCAL_NODE === 'on',
  });
  const containers = createContainers({
    links,
    bus,
    clock,
    log,
    listNodes: nodes.listScoped,
    latestUsage: metrics.latestUsage,
    pushed: { view: (nodeId) => push.view(nodeId), findDetail: (nodeId, id) => push.findDetail(nodeId, id) },
    recordActivity: nodes.recordActivity,
  });
  const sealer = createSealer(masterKey);
  const { attach: attachMetrics } = metrics;
  const { recordActivity } = nodes;
  const agents = await openAgents({
    ...{ database, sealer, audit, bus, links, openLimit },
    ...{ clientIp, attachMetrics, recordActivity, clock, log },
  });
  const { push: tokens, noteForeignName } = agents;
  const push = createPush({ ...platform, createNode: nodes.create, tokens, noteForeignName });
  const { listScoped, listWays, recordActivities } = nodes;
  const ssh = await openSsh({ database, sealer, audit, bus, links, listScoped, recordActivity, clock, log });
  const idleIntervalMs = (nodeId: NodeId) => ssh.optionsOf({ id: nodeId })?.metricsIntervalMs;
  const agentless = createAgentless({ links, bus, clock, log, attachMetrics, idleIntervalMs });
  const runs = createRuns({
    ...{ database, clock, log, bus, audit, links, listScoped, listWays },
    recordActivity: recordActivities,
  });
  const { noteConflict } = agents;
  const poll = createPoll({
    ...{ bus, clock, log, openLimit, links, attachMetrics, jobs: runs.jobs },
    ...{ recordActivity, noteConflict },
  });
  const groups = createGroups(database.db);
  return { links, metrics, nodes, groups, containers, agents, runs, ssh, agentless, push, poll };
};

type Accounts = Awaited<ReturnType<typeof openAccounts>>;
type Fleet = Awaited<ReturnType<typeof openFleet>>;

/** Open streams end with their session: at once by the bus, within seconds by the sweep. */
const guardStreams = ({ bus, log, shutdown }: Platform, streams: Streams, auth: Auth): void => {
  bus.subscribe('session.revoked', ({ sessionId, userId }) => {
    if (sessionId !== undefined) streams.closeSession(sessionId);
    if (userId !== undefined) streams.closeUser(userId);
  });
  const sweep = () =>
    streams
      .sweep(auth.findPrincipal)
      .catch((error: unknown) => log.warn('sessions of open streams were not checked', { error }));
  const timer = setInterval(() => void sweep(), SWEEP_MS);
  shutdown.add('stream guard', () => clearInterval(timer));
};

/** The first administrator: from the configuration, or by a code that only the operator can see. */
const prepareSetup = async (
  platform: Platform,
  auth: Auth,
  issueCode: () => Promise<string>,
): Promise<string | undefined> => {
  if (!(await auth.setupNeeded())) return undefined;
  const { SERVERBOX_ADMIN_EMAIL: email, SERVERBOX_ADMIN_PASSWORD: password } = platform.config;
  if (email === undefined || password === undefined) return issueCode();
  await auth.setup(
    { code: undefined, email, password: (password as Secret).reveal() },
    { ip: '127.0.0.1', userAgent: 'configuration' },
  );
  platform.log.info('first administrator created', { email });
  return undefined;
};

const announce = (url: string, setupCode: string | undefined): void => {
  const line = setupCode === undefined ? url : `${url}/setup#code=${setupCode}`;
  process.stdout.write(`Server Box is ready: ${line}\n`);
  if (setupCode !== undefined) process.stdout.write(`One-time set-up code: ${setupCode}\n`);
};

const startLocalNode = (platform: Platform, agents: Fleet['agents'], web: Web): void => {
  const { config, shutdown } = platform;
  if (config.SERVERBOX_LOCAL_NODE === 'off') return;
  const program = {
    path: AGENT_PATH,
    stateDir: join(config.SERVERBOX_DATA_DIR, 'agent'),
    environment: childEnvironment(),
  };
  const agent = agents.startLocal({ program, coreUrl: web.url, hostname: hostname() });
  shutdown.add('local agent', agent.stop);
};

/** Streams and sockets of all features, in the order of their declaration. */
const declareStreams = (platform: Platform, { links, metrics, nodes, containers, ssh }: Fleet) => {
  const { bus, clock, log, shutdown } = platform;
  const { recordActivity } = nodes;
  const events = createEvents({ bus, clock, log, metrics, nodes, demand: ssh.demand });
  shutdown.add('events', events.close);
  const ofContainers = createContainerStreams({ engines: containers.engines, clock, log, bridgePty, recordActivity });
  return {
    streamRoutes: [...createEventStreams(events), ...ofContainers.streams],
    socketRoutes: [...createTerminalSockets({ links, recordActivity, log }), ...ofContainers.sockets],
  };
};

/** What machines ask over HTTP with credentials of their own. */
const nodeSurface = ({ agents, poll, push }: Fleet, clientIp: ClientIp): NodeRoutesDeps => ({
  routes: [...createPollRoutes(poll), ...createPushRoutes(push)],
  clientIp,
  authenticate: (kind, authorization, ip) =>
    kind === 'push' ? agents.push.authenticate(authorization, ip) : agents.authenticate(authorization, ip),
  onForeignName: agents.noteForeignName,
});

/** Everything that can be asked over HTTP, behind the gate. */
const openSurface = (
  platform: Platform,
  accounts: Accounts,
  fleet: Fleet,
  parts: { queue: Queue; clientIp: ClientIp },
) => {
  const { config, database, bus, clock, log } = platform;
  const isHttps = config.SERVERBOX_PUBLIC_URL?.startsWith('https:') ?? false;
  const streams = createStreams();
  guardStreams(platform, streams, accounts.auth);
  const { streamRoutes, socketRoutes } = declareStreams(platform, fleet);
  const cookies = createSessionCookies(isHttps);
  const health = {
    database: async () => (await database.health()) === 'ok',
    queue: async () => (await parts.queue.health()) === 'ok',
    bus: async () => (await bus.health()) === 'ok',
  };
  const overview = createOverview({ ...fleet, hasLocalNode: config.SERVERBOX_LOCAL_NODE === 'on' });
  const address = {
    publicUrl: config.SERVERBOX_PUBLIC_URL,
    hasTrustedProxies: config.SERVERBOX_TRUSTED_PROXIES.length > 0,
  };
  const onboarding = openOnboarding({
    ...{ ...fleet, ...address, bus, installer: INSTALLER, agentsDir: AGENTS_DIR, version: VERSION },
  });
  const baseUrl = createBaseUrl(address);
  const doctor = createDoctor({ ...fleet, publicUrl: config.SERVERBOX_PUBLIC_URL, clock, log });
  const services = { ...accounts, ...fleet, doctor, baseUrl, cookies, health, onboarding, overview, version: VERSION };
  const router = createRouter(createProcedures(accounts.gate), services);
  const surface = {
    gate: accounts.gate,
    streams,
    contextOf: createContextOf({ clientIp: parts.clientIp, cookies, identify: accounts.auth.identify }),
    cookies,
    checkOrigin: createOriginCheck(config.SERVERBOX_PUBLIC_URL),
    log,
  };
  const app = createHttpApp({
    ...surface,
    router,
    streamRoutes,
    nodeRoutes: nodeSurface(fleet, parts.clientIp),
    isHttps,
  });
  onboarding.mountDownloads(app);
  mountPushScript(app, PUSH_SCRIPT);
  if (config.SERVERBOX_API_DOCS === 'on') {
    const baseUrl = config.SERVERBOX_PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`;
    mountDocuments(app, { router, streams: [...streamRoutes, ...socketRoutes], version: VERSION, baseUrl });
  }
  return { app, streams, onUpgrade: createUpgradeHandler(socketRoutes, [fleet.agents.upgrade], surface) };
};

const startFleet = async (
  { shutdown }: Platform,
  { metrics, nodes, containers, agents, runs, ssh, agentless, push, poll }: Fleet,
): Promise<void> => {
  await metrics.start();
  shutdown.add('metrics', metrics.close);
  poll.start();
  shutdown.add('long-poll', poll.stop);
  await push.start();
  shutdown.add('push', push.stop);
  nodes.start();
  shutdown.add('nodes', nodes.stop);
  containers.start();
  shutdown.add('containers', containers.stop);
  shutdown.add('agents', agents.stop);
  shutdown.add('ssh', ssh.stop);
  agentless.start();
  shutdown.add('agentless metrics', agentless.stop);
  runs.open();
  shutdown.add('fleet commands', runs.close);
};

/** Starts everything on an open platform; it stops with the platform's shutdown. */
export const startApp = async (platform: Platform): Promise<void> => {
  const { config, database, clock, log, shutdown } = platform;
  const { REDIS_URL: redisUrl, HOST: host, PORT: port } = config;
  const clientIp = createClientIp(config.SERVERBOX_TRUSTED_PROXIES);
  const accounts = await openAccounts(platform, (principal, nodeId) => fleet.nodes.find(principal, nodeId));
  const fleet = await openFleet(platform, accounts.audit, clientIp);
  await startFleet(platform, fleet);
  const store = redisUrl === undefined ? { database } : { redisUrl };
  const queue = await openQueue({ store, jobs: METRIC_SCHEDULES.map(({ job }) => job), log });
  shutdown.add('queue', queue.close);
  const { app, onUpgrade, streams } = openSurface(platform, accounts, fleet, { queue, clientIp });
  const setupCode = await prepareSetup(platform, accounts.auth, accounts.instance.issueSetupCode);
  const web = await startWeb({ app, onUpgrade, dashboardDir: DASHBOARD_DIR, host, port });
  shutdown.add('web', web.stop);
  shutdown.add('streams', streams.closeAll);
  await startWorker({ queue, handlers: createMetricJobs({ database, clock }), schedules: METRIC_SCHEDULES });
  announce(config.SERVERBOX_PUBLIC_URL ?? web.url, setupCode);
  startLocalNode(platform, fleet.agents, web);
};
