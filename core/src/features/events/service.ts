/** The live channel: who may listen to what, and the life of one connection. */
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { NodeId } from '@serverbox/contract/ids';
import type { Permission } from '@serverbox/contract/permissions';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import { AppError, notFound } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { Principal } from '../../middleware/ports.ts';
import type { MetricsService } from '../metrics/service.ts';
import type { Nodes } from '../nodes/service.ts';
import { createEventHub } from './hub.ts';
import { connectSources } from './sources.ts';

export interface EventsDeps {
  clock: Clock;
  log: Log;
  bus: Bus;
  metrics: Pick<MetricsService, 'subscribe' | 'watch'>;
  nodes: Pick<Nodes, 'find' | 'listActivityById'>;
  /** Somebody looks at a node, or at all, until the returned function is called: nodes without an agent are connected. */
  demand?(target: NodeId | 'fleet'): () => void;
}

export interface EventRequest {
  principal: Principal;
  topics: readonly string[];
  lastEventId: string | undefined;
  /** Aborts when the client is gone; with the reason `unauthenticated` when the session ended. */
  signal: AbortSignal;
}

export interface Events {
  /**
   * Writes server-sent events until the client is gone, is too slow, or its session ends.
   * @throws AppError `forbidden` | `not_found`, before anything is written
   */
  serve(request: EventRequest, response: ServerResponse): Promise<void>;
  readonly subscriberCount: number;
  close(): void;
}

const METRICS_TOPIC = 'metrics:';
const PERMISSIONS: Record<string, Permission> = {
  nodes: 'nodes.read',
  containers: 'containers.read',
  activity: 'nodes.read',
  runs: 'runs.read',
};

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies that collect answers would turn live into late.
  'x-accel-buffering': 'no',
  connection: 'keep-alive',
};
/** Topics that show every node, and so need each to be connected. */
const FLEET_TOPICS = ['nodes', 'containers'];
/** How soon a browser reconnects. */
const RETRY_LINE = 'retry: 2000\n\n';

const nodeIdOf = (topic: string): NodeId | undefined => {
  if (!topic.startsWith(METRICS_TOPIC)) return undefined;
  const parsed = NodeId.safeParse(topic.slice(METRICS_TOPIC.length));
  if (!parsed.success) throw notFound('The node');
  return parsed.data;
};

const createAuthorise =
  (nodes: Pick<Nodes, 'find'>) =>
  async (principal: Principal, topics: readonly string[]): Promise<void> => {
    for (const topic of topics) {
      const nodeId = nodeIdOf(topic);
      const permission = nodeId === undefined ? PERMISSIONS[topic] : 'metrics.read';
      if (permission === undefined) throw new AppError('bad_request', 'topics: names a topic that does not exist');
      if (nodeId !== undefined && (await nodes.find(principal, nodeId)) === undefined) throw notFound('The node');
      if (!principal.permissions.has(permission)) {
        throw new AppError('forbidden', `Your role does not include the permission ${permission}.`);
      }
    }
  };

interface OpenStream {
  principal: Principal;
  signOut(reason: string): void;
}

export const createEvents = (deps: EventsDeps): Events => {
  const { clock, log, bus, metrics } = deps;
  const authorise = createAuthorise(deps.nodes);
  const hub = createEventHub({
    clock,
    bootId: randomBytes(4).toString('hex'),
    onFirst: (topic) => {
      const nodeId = nodeIdOf(topic);
      const target = FLEET_TOPICS.includes(topic) ? 'fleet' : nodeId;
      const ends = [target && deps.demand?.(target), nodeId && metrics.watch(nodeId)];
      return () => {
        for (const end of ends) if (typeof end === 'function') end();
      };
    },
  });
  const disconnect = connectSources({ hub, bus, metrics, nodes: deps.nodes, log });
  const open = new Set<OpenStream>();
  const stopWatchingSessions = bus.subscribe('session.revoked', ({ sessionId, userId, reason }) => {
    for (const stream of [...open]) {
      const { principal } = stream;
      if (principal.sessionId === sessionId || principal.userId === userId) stream.signOut(reason);
    }
  });

  const stream = async (
    { principal, topics, lastEventId, signal }: EventRequest,
    response: ServerResponse,
  ): Promise<void> => {
    const over = Promise.withResolvers<void>();
    const sink = {
      write: (frame: Buffer) => void response.write(frame),
      get waitingBytes() {
        return response.writableLength;
      },
    };
    const onDrop = (reason: string): void => {
      log.info('live subscriber was dropped', { userId: principal.userId, reason });
      response.destroy();
      over.resolve();
    };
    const subscription = hub.join({ topics, sink, lastEventId, onDrop });
    const signOut = (reason: string): void => {
      if (response.writableEnded) return;
      response.end(`data: ${JSON.stringify({ type: 'signed_out', reason })}\n\n`);
      over.resolve();
    };
    const entry = { principal, signOut };
    open.add(entry);
    // One turn later: what revoked the session may abort us and be told on the bus, with its reason, at the same time.
    const abort = () =>
      setImmediate(() => (signal.reason === 'unauthenticated' ? signOut('the session ended') : over.resolve()));
    signal.addEventListener('abort', abort, { once: true });
    response.on('drain', subscription.drained);
    try {
      if (signal.aborted) return;
      await over.promise;
    } finally {
      signal.removeEventListener('abort', abort);
      response.off('drain', subscription.drained);
      open.delete(entry);
      subscription.leave();
    }
  };

  return {
    serve: async (request, response) => {
      await authorise(request.principal, request.topics);
      response.writeHead(200, HEADERS);
      response.write(RETRY_LINE);
      await stream(request, response);
    },
    get subscriberCount() {
      return hub.subscriberCount;
    },
    close: () => {
      stopWatchingSessions();
      disconnect();
      hub.close();
    },
  };
};
