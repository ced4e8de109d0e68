/**
 * Metrics of nodes without an agent: while there is an SSH link, and no agent's, a sampler runs over it and its answers are
 * fed into the ingest as an agent's would be. It never dials: who looks, or wants the node always, brings the link about.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { NodeId } from '@serverbox/contract/ids';
import type { Bus } from '../../lib/bus/bus.ts';
import { messageOf } from '../../lib/errors.ts';
import type { NodeLink } from '../../lib/link/link.ts';
import type { LinkRegistry } from '../../lib/link/links.ts';
import type { Log } from '../../lib/log.ts';
import { FrameError } from './frames.ts';
import type { SessionDeps } from './session.ts';
import { runSession } from './session.ts';

export interface AgentlessDeps extends SessionDeps {
  links: Pick<LinkRegistry, 'findVia' | 'list'>;
  bus: Pick<Bus, 'subscribe'>;
  log: Log;
}

export interface Agentless {
  start(): void;
  stop(): void;
}

const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 60_000;
/** A machine that is not Linux stays one for a while. */
const UNUSABLE_DELAY_MS = 300_000;

/** Starts the sampler again whenever it ends, ever later, until `signal` aborts. */
const keepMeasuring = async (deps: AgentlessDeps, nodeId: NodeId, link: NodeLink, signal: AbortSignal) => {
  let delayMs = FIRST_DELAY_MS;
  while (!signal.aborted) {
    const startedMs = deps.clock.monotonicMs();
    let isUnusable = false;
    try {
      await runSession(deps, nodeId, link, signal);
    } catch (error) {
      isUnusable = error instanceof FrameError;
      const level = isUnusable ? 'warn' : 'debug';
      if (!signal.aborted) deps.log[level]('node was not measured over SSH', { nodeId, reason: messageOf(error) });
    }
    if (deps.clock.monotonicMs() - startedMs > MAX_DELAY_MS) delayMs = FIRST_DELAY_MS;
    const waitMs = isUnusable ? UNUSABLE_DELAY_MS : delayMs;
    await delay(waitMs, undefined, { signal }).catch(() => undefined); // the link is gone
    delayMs = Math.min(delayMs * 2, MAX_DELAY_MS);
  }
};

export const createAgentless = (deps: AgentlessDeps): Agentless => {
  const { links, bus } = deps;
  const measured = new Map<NodeId, { link: NodeLink; end: AbortController }>();
  let unsubscribe: (() => void)[] = [];

  const reconcile = (nodeId: NodeId): void => {
    const hasAgent = links.findVia(nodeId, 'agent') !== undefined;
    const link = hasAgent ? undefined : links.findVia(nodeId, 'ssh');
    const current = measured.get(nodeId);
    if (current?.link === link) return;
    current?.end.abort();
    measured.delete(nodeId);
    if (link === undefined || link.closed.aborted) return;
    const end = new AbortController();
    measured.set(nodeId, { link, end });
    void keepMeasuring(deps, nodeId, link, AbortSignal.any([end.signal, link.closed]));
  };
  return {
    start: () => {
      const topics = ['node.linked', 'node.unlinked'] as const;
      unsubscribe = topics.map((topic) => bus.subscribe(topic, ({ nodeId }) => reconcile(nodeId)));
      for (const { nodeId } of links.list()) reconcile(nodeId);
    },
    stop: () => {
      for (const end of unsubscribe) end();
      for (const { end } of measured.values()) end.abort();
      measured.clear();
    },
  };
};
