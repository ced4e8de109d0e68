/** One valid input for each procedure and stream. A new one without an input here fails the matrix. */
import { ADMIN } from '../e2e/box.ts';

const UNKNOWN_NODE = '0190a0a0-0000-7000-8000-000000000000';
const UNKNOWN_CONTAINER = '0'.repeat(64);
const UNKNOWN_SESSION = '0190a0a0-0000-7000-8000-000000000001';
const UNKNOWN_RUN = '0190a0a0-0000-7000-8000-000000000002';
const UNKNOWN_GROUP = '0190a0a0-0000-7000-8000-000000000003';
const RULE = { match: 'all', tags: ['never'] };
const HOUR_MS = 3_600_000;

export interface Target {
  nodeId: string;
  containerId: string;
  /** A fleet command on that node. */
  runId?: string;
}
export const NOWHERE: Target = { nodeId: UNKNOWN_NODE, containerId: UNKNOWN_CONTAINER };

const lastHour = () => ({ from: new Date(Date.now() - HOUR_MS).toISOString(), to: new Date().toISOString() });

const FACTS = {
  hostname: 'h',
  os: 'o',
  kernel: 'k',
  arch: 'amd64',
  cpuModel: null,
  cpuCores: 1,
  memTotalBytes: 1,
  bootedAt: 1,
  machineId: null,
  virtualization: null,
  addresses: [],
  agentVersion: '0.1.0',
  dockerVersion: null,
  dockerProblem: null,
};

type Inputs = Record<string, (target: Target) => object>;

const none = () => ({});
const container = ({ nodeId, containerId }: Target) => ({ nodeId, containerId });
const node = ({ nodeId }: Target) => ({ nodeId });

/** Those that only look. */
export const QUERIES: Inputs = {
  'agents.challenge': () => ({ nonce: 'a'.repeat(64) }),
  'audit.list': none,
  'auth.me': none,
  'auth.sessions': none,
  'auth.setupState': none,
  'docker.containers.get': container,
  'docker.containers.list': none,
  'docker.containers.listOfNode': node,
  'docker.containers.removalPlan': container,
  'doctor.check': node,
  'groups.list': none,
  'health.get': none,
  'metrics.container': (target) => ({ ...container(target), ...lastHour(), fields: ['cpuCores'] }),
  'metrics.host': (target) => ({ ...node(target), ...lastHour(), fields: ['cpuRatio'] }),
  'nodes.activity': node,
  'nodes.get': node,
  'nodes.inventory': node,
  'nodes.list': none,
  'nodes.sparks': ({ nodeId }) => ({ ids: [nodeId] }),
  'nodes.tags': none,
  'onboarding.commands': node,
  'overview.get': none,
  'push.container': () => ({ hostId: 'never', containerId: UNKNOWN_CONTAINER }),
  'push.containers': () => ({ hostId: 'never' }),
  'push.hosts': none,
  'runs.get': ({ runId = UNKNOWN_RUN }) => ({ runId }),
  'runs.list': none,
  'runs.output': (target) => ({ ...node(target), runId: target.runId ?? UNKNOWN_RUN }),
  'ssh.get': node,
  'ssh.parseConfig': () => ({ text: 'Host never' }),
};

/** Those that do something. */
export const ACTS: Inputs = {
  'agents.enroll': () => ({ token: 'sbe_unknown', hostPublicKey: 'ssh-ed25519 AAAA', facts: FACTS }),
  'auth.changePassword': () => ({ currentPassword: 'not the password', newPassword: 'never to be set' }),
  'auth.login': () => ({ email: 'nobody@example.org', password: 'not the password' }),
  'auth.logout': none,
  'auth.refresh': none,
  'auth.revokeOtherSessions': none,
  'auth.revokeSession': () => ({ sessionId: UNKNOWN_SESSION }),
  'auth.setPreferences': () => ({
    ...{ theme: 'dark', accent: 'indigo', density: 'comfortable' },
    ...{ fontSize: 'medium', radius: 'medium', motion: 'system' },
  }),
  'auth.setup': () => ({ code: 'AAAA-BBBB-CCCC', ...ADMIN }),
  'docker.containers.kill': container,
  'docker.containers.pause': container,
  'docker.containers.remove': container,
  'docker.containers.restart': container,
  'docker.containers.reveal': container,
  'docker.containers.start': container,
  'docker.containers.stop': container,
  'docker.containers.unpause': container,
  'groups.create': () => ({ name: 'never to be made', rule: RULE }),
  'groups.remove': () => ({ groupId: UNKNOWN_GROUP }),
  'groups.update': () => ({ groupId: UNKNOWN_GROUP, name: 'never to be set', rule: RULE }),
  'nodes.exec': (target) => ({ ...node(target), argv: ['true'] }),
  'nodes.remove': node,
  'nodes.setFavourite': (target) => ({ ...node(target), isFavourite: true }),
  'nodes.tagMany': ({ nodeId }) => ({ nodeIds: [nodeId], add: ['never'] }),
  'nodes.update': (target) => ({ ...node(target), name: 'never to be set' }),
  'onboarding.create': () => ({ name: 'never to be made', via: 'agent' }),
  'onboarding.installAgent': node,
  'onboarding.reenrol': node,
  'push.issueToken': node,
  'push.revokeTokens': node,
  'runs.cancel': () => ({ runId: UNKNOWN_RUN }),
  'runs.start': ({ nodeId }) => ({ nodeIds: [nodeId], command: { kind: 'argv', argv: ['true'] } }),
  'ssh.decideHostKey': (target) => ({ ...node(target), fingerprint: 'SHA256:never', decision: 'reject' }),
  'ssh.put': (target) => ({ ...node(target), host: 'never.invalid', sshUser: 'root', auth: { kind: 'generated' } }),
  'ssh.remove': node,
  'ssh.setOptions': (target) => ({ ...node(target), presence: 'watched' }),
};

/** Streams by name as in the surface: the address to open. */
export const STREAMS: Record<string, (target: Target) => string> = {
  'GET /api/events': () => '/api/events?topics=nodes',
  'GET /api/nodes/{nodeId}/containers/{containerId}/logs': ({ nodeId, containerId }) =>
    `/api/nodes/${nodeId}/containers/${containerId}/logs`,
  'GET /api/jobs/pending': () => '/api/jobs/pending',
  'POST /api/agents/docker/report': () => '/api/agents/docker/report',
  'POST /api/jobs/{jobId}/complete': () => `/api/jobs/${UNKNOWN_RUN}/complete`,
  'POST /api/jobs/{jobId}/output': () => `/api/jobs/${UNKNOWN_RUN}/output`,
  'POST /api/nodes/heartbeat': () => '/api/nodes/heartbeat',
  'WS /api/agent/link': () => '/api/agent/link',
  'WS /api/nodes/{nodeId}/containers/{containerId}/exec': ({ nodeId, containerId }) =>
    `/api/nodes/${nodeId}/containers/${containerId}/exec`,
  'WS /api/nodes/{nodeId}/terminal': ({ nodeId }) => `/api/nodes/${nodeId}/terminal`,
};

/** Asked over REST: what stands in the path is taken out of the input, the rest goes into the query or the body. */
export const restOf = (path: string, method: string, input: object) => {
  const rest: Record<string, unknown> = { ...input };
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(rest[name]);
    delete rest[name];
    return encodeURIComponent(value);
  });
  if (method !== 'GET') return { path: filled, body: rest };
  const query = new URLSearchParams(
    Object.entries(rest).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return { path: `${filled}?${query}`, body: undefined };
};
