/**
 * Everything that can be asked of a core, read off the declarations without starting anything: for the generated documents and
 * the tests that no surface is missing from them.
 */
import { createContainerStreams } from './features/containers/streams.ts';
import { createEventStreams } from './features/events/streams.ts';
import { METRIC_SCHEDULES } from './features/metrics/jobs.ts';
import { createPollRoutes } from './features/poll/routes.ts';
import { createPushRoutes } from './features/push/routes.ts';
import { createTerminalSockets } from './features/terminal/streams.ts';
import type { JobDefinition } from './lib/queue/job.ts';
import { listProcedures } from './middleware/describe.ts';
import type { Gate } from './middleware/gate.ts';
import type { NodeRoute } from './middleware/node-routes.ts';
import { createProcedures } from './middleware/procedures.ts';
import type { RouterServices } from './router.ts';
import { createRouter } from './router.ts';

export interface SurfaceEntry {
  name: string;
  kind: string;
  permission: string | undefined;
  scope: string | undefined;
  audit: string | undefined;
  method: string | undefined;
  path: string | undefined;
  summary: string | undefined;
}

/** Declarations only capture what they are given; nothing is called while they are listed. */
const absent = <T>(): T => ({}) as T;

/** Server-sent events, downloads and WebSockets of people. */
export const listStreams = () => {
  const containers = createContainerStreams(absent());
  return [
    ...createEventStreams(absent()),
    ...containers.streams,
    ...containers.sockets,
    ...createTerminalSockets(absent()),
  ];
};

/** Ways in that bring their own proof: an agent's credential and its pinned host key. */
const UPGRADES: SurfaceEntry[] = [
  {
    name: 'WS /api/agent/link',
    kind: 'agent',
    permission: 'node credential and host key',
    scope: 'node',
    audit: undefined,
    method: 'WS',
    path: '/api/agent/link',
    summary: 'The link of an agent: SSH over WebSocket',
  },
];

/** What machines ask over HTTP, with a credential of their own. */
export const listNodeRoutes = () => [...createPollRoutes(absent()), ...createPushRoutes(absent())];

const describeNodeRoute = ({ kind, credential, method, path: pattern, summary }: NodeRoute): SurfaceEntry => {
  const path = pattern.replaceAll(/:(\w+)/g, '{$1}');
  const permission = credential === 'push' ? 'push token' : 'node credential';
  return { name: `${method} ${path}`, kind, permission, scope: 'node', audit: undefined, method, path, summary };
};

/** Sorted by name. */
export const describeSurface = (): SurfaceEntry[] => {
  const router = createRouter(createProcedures(absent<Gate>()), absent<RouterServices>());
  const procedures = listProcedures(router).map(({ path: name, meta }) => ({
    name,
    kind: meta.kind as string,
    permission: meta.permission,
    scope: meta.scope,
    audit: meta.audit,
    method: meta.openapi?.method,
    path: meta.openapi?.path,
    summary: meta.openapi?.summary,
  }));
  const streams = listStreams().map((route) => {
    const method = route.kind === 'socket' ? 'WS' : 'GET';
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    const { permission, scope, audit, summary } = route;
    return { name: `${method} ${path}`, kind: route.kind, permission, scope, audit, method, path, summary };
  });
  const ofNodes = listNodeRoutes().map(describeNodeRoute);
  return [...procedures, ...streams, ...ofNodes, ...UPGRADES].sort((a, b) => a.name.localeCompare(b.name));
};

export const listJobs = (): readonly JobDefinition[] => METRIC_SCHEDULES.map(({ job }) => job);
