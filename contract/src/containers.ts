import { z } from 'zod';
import { ContainerId, NodeId } from './ids.ts';
import { CONTAINER_FIELDS } from './metrics.ts';
import { observed } from './observed.ts';

export const CONTAINER_STATES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'] as const;
export type ContainerState = (typeof CONTAINER_STATES)[number];

export const CONTAINER_ACTIONS = ['start', 'stop', 'restart', 'kill', 'pause', 'unpause', 'remove'] as const;
export type ContainerAction = (typeof CONTAINER_ACTIONS)[number];

/** In which states an action is allowed: the one table that the core enforces and the screen prints. */
export const ACTION_STATES: Record<ContainerAction, readonly ContainerState[]> = {
  start: ['created', 'exited', 'dead'],
  stop: ['running', 'restarting'],
  restart: ['running', 'restarting', 'exited', 'created'],
  kill: ['running', 'restarting', 'paused'],
  pause: ['running'],
  unpause: ['paused'],
  remove: ['created', 'exited', 'dead', 'running', 'paused', 'restarting'],
};

/** Why an action cannot be done now, as a sentence; undefined when it can. */
export const actionRefusal = (action: ContainerAction, state: ContainerState): string | undefined => {
  const states = ACTION_STATES[action];
  return states.includes(state)
    ? undefined
    : `Cannot ${action} a container that is ${state}; it has to be ${states.join(' or ')}.`;
};

export const Port = z.object({
  hostIp: z.string().nullable(),
  hostPort: z.int().nullable(), // null: exposed, not published
  containerPort: z.int(),
  protocol: z.string(),
});
export const HEALTHS = ['healthy', 'unhealthy', 'starting', 'none'] as const;

/** One row of the list. Every string comes from the node and is hostile text. */
export const Container = z.object({
  id: ContainerId,
  nodeId: NodeId,
  nodeName: z.string(),
  name: z.string(),
  image: z.string(),
  state: z.enum(CONTAINER_STATES),
  status: z.string(), // "Up 3 hours", the engine's words
  health: z.enum(HEALTHS),
  exitCode: z.int().nullable(),
  ports: z.array(Port),
  project: z.string().nullable(), // compose project
  service: z.string().nullable(),
  createdAt: z.iso.datetime(),
  usage: z.record(z.enum(CONTAINER_FIELDS), z.number().nullable()).nullable(), // null: not running or no sample yet
});
export type Container = z.infer<typeof Container>;
export const ObservedContainer = observed(Container);
export type ObservedContainer = z.infer<typeof ObservedContainer>;

/** Nodes that could not be asked are named: an unreachable node is never an empty list. */
export const NodeProblem = z.object({ nodeId: NodeId, nodeName: z.string(), code: z.string(), message: z.string() });
export const ContainerList = z.object({
  items: z.array(ObservedContainer),
  problems: z.array(NodeProblem),
  nextCursor: z.null(),
});
export type ContainerList = z.infer<typeof ContainerList>;

/** Null: the source does not report it, see `source` of the observation. */
export const ContainerDetail = Container.extend({
  imageId: z.string(),
  command: z.array(z.string()),
  entrypoint: z.array(z.string()).nullable(),
  workingDir: z.string().nullable(),
  user: z.string().nullable(),
  hostname: z.string().nullable(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  restartCount: z.int(),
  restartPolicy: z.string(),
  oomKilled: z.boolean().nullable(),
  error: z.string().nullable(),
  tty: z.boolean().nullable(),
  privileged: z.boolean().nullable(),
  mounts: z.array(
    z.object({
      type: z.string(),
      name: z.string().nullable(),
      source: z.string(),
      destination: z.string(),
      writable: z.boolean(),
    }),
  ),
  networks: z.array(
    z.object({
      name: z.string(),
      ip: z.string(),
      gateway: z.string().nullable(),
      mac: z.string().nullable(),
      aliases: z.array(z.string()).nullable(),
    }),
  ),
  env: z.array(z.object({ key: z.string(), value: z.string(), masked: z.boolean() })),
  labels: z.record(z.string(), z.string()), // secret-looking values masked like env
  healthLog: z.array(z.object({ at: z.iso.datetime(), exitCode: z.int(), output: z.string() })).nullable(),
  logDriver: z.string().nullable(),
});
export type ContainerDetail = z.infer<typeof ContainerDetail>;
export const ObservedContainerDetail = observed(ContainerDetail);

export const MASK = '********';

export const ContainerTarget = z.strictObject({ nodeId: NodeId, containerId: ContainerId });
export const RemoveInput = ContainerTarget.extend({
  force: z.boolean().default(false),
  volumes: z.boolean().default(false),
});
export const KILL_SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
export const KillInput = ContainerTarget.extend({ signal: z.enum(KILL_SIGNALS).default('SIGKILL') });

/** What removing would take along: shown before asking. */
export const RemovalPlan = z.object({
  name: z.string(),
  isRunning: z.boolean(),
  anonymousVolumes: z.array(z.string()), // go when `volumes` is asked for
  keptVolumes: z.array(z.string()),
  publishedPorts: z.array(z.string()),
});
export type RemovalPlan = z.infer<typeof RemovalPlan>;
export const Env = z.object({ env: z.array(z.object({ key: z.string(), value: z.string() })) });

export const MAX_LOG_LINE_BYTES = 65_536;
const instant = z.union([z.iso.datetime(), z.string().regex(/^\d{1,6}[smhd]$/)]); // "2026-01-02T03:04:05Z" or "15m"
export const LogsInput = z.strictObject({
  nodeId: NodeId,
  containerId: ContainerId,
  tail: z.coerce.number().int().min(0).max(100_000).default(500),
  since: instant.optional(),
  until: instant.optional(),
  follow: z.stringbool().default(false),
  timestamps: z.stringbool().default(true),
  download: z.stringbool().default(false),
});
/** One line of the NDJSON log stream. `cut` marks a line longer than MAX_LOG_LINE_BYTES; `dropped` a gap under flood. */
export const LogLine = z.object({
  stream: z.enum(['stdout', 'stderr']),
  at: z.string().nullable(),
  text: z.string(),
  cut: z.boolean().optional(),
  dropped: z.int().optional(),
});
export type LogLine = z.infer<typeof LogLine>;
