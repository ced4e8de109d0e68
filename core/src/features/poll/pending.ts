/** The question for a job: held open until there is one, a moment below the time at which proxies give up. */
import type { NodeId } from '@serverbox/contract/ids';
import type { PendingReply } from '@serverbox/contract/poll';
import { POLL_HOLD_MS } from '@serverbox/contract/poll';
import type { z } from 'zod';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Jobs } from './ports.ts';

type Reply = z.infer<typeof PendingReply>;

export interface Asking {
  node: { id: NodeId };
  signal: AbortSignal;
  /** @throws AppError `unauthenticated` */
  confirm(): Promise<void>;
}

export interface Pending {
  /** One question of a node at a time: a newer one ends the older, which is answered with nothing. */
  ask(asking: Asking): Promise<Reply>;
  start(): void;
  /** Answers every open question with nothing. */
  stop(): void;
}

/** News can be lost with a bus that was away, so each question looks by itself now and then. */
const LOOK_MS = 5000;
const NOTHING: Reply = { job: null, cancel: [] };

interface Waiter {
  /** There may be something, or the credential may have been revoked. */
  wake: () => void;
  replaced: AbortController;
}

export const createPending = (deps: {
  bus: Pick<Bus, 'subscribe'>;
  clock: Clock;
  jobs: Jobs;
  holdMs?: number;
}): Pending => {
  const { bus, clock, jobs, holdMs = POLL_HOLD_MS } = deps;
  const waiters = new Map<NodeId, Waiter>();
  let unsubscribe: (() => void)[] = [];
  const wake = (nodeIds: readonly NodeId[]): void => {
    for (const nodeId of nodeIds) waiters.get(nodeId)?.wake();
  };

  const nextNews = (waiter: Waiter, ended: AbortSignal, ms: number): Promise<void> =>
    new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        ended.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, ms);
      waiter.wake = finish;
      ended.addEventListener('abort', finish, { once: true });
      if (ended.aborted) finish();
    });

  const look = async (nodeId: NodeId): Promise<Reply | undefined> => {
    const cancel = await jobs.cancelled(nodeId);
    const job = await jobs.claim(nodeId);
    return job === null && cancel.length === 0 ? undefined : { job, cancel };
  };

  const hold = async ({ node, confirm }: Asking, waiter: Waiter, ended: AbortSignal): Promise<Reply> => {
    const untilMs = clock.monotonicMs() + holdMs;
    for (;;) {
      let isNews = false;
      waiter.wake = () => {
        isNews = true; // while the database was asked
      };
      const found = await look(node.id);
      if (found !== undefined) return found;
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs <= 0) return NOTHING;
      if (!isNews) await nextNews(waiter, ended, Math.min(leftMs, LOOK_MS));
      // Nobody listens any more, or may no longer: a job that is claimed now would be lost.
      if (ended.aborted) return NOTHING;
      await confirm();
    }
  };

  return {
    ask: async (asking) => {
      const nodeId = asking.node.id;
      waiters.get(nodeId)?.replaced.abort();
      const waiter: Waiter = { wake: () => undefined, replaced: new AbortController() };
      waiters.set(nodeId, waiter);
      try {
        return await hold(asking, waiter, AbortSignal.any([asking.signal, waiter.replaced.signal]));
      } finally {
        if (waiters.get(nodeId) === waiter) waiters.delete(nodeId);
      }
    },
    start: () => {
      unsubscribe = [
        bus.subscribe('run.changed', ({ nodeIds }) => wake(nodeIds)),
        bus.subscribe('node.changed', ({ nodeId }) => wake([nodeId])),
        bus.subscribe('run.cancelled', () => wake([...waiters.keys()])),
      ];
    },
    stop: () => {
      for (const end of unsubscribe) end();
      for (const { replaced } of waiters.values()) replaced.abort();
    },
  };
};
