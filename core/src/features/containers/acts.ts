/**
 * Who did it? The engine's events name no user, so acts that came through us are remembered for a while, each with the events
 * that it is going to cause.
 */
import type { ContainerAction } from '@serverbox/contract/containers';
import type { ContainerId, NodeId } from '@serverbox/contract/ids';
import type { Clock } from '../../lib/clock.ts';

const REMEMBERED_MS = 30_000;

/** Kinds of events, as the engine names them, that follow an act. */
const CAUSED: Record<ContainerAction, readonly string[]> = {
  start: ['start'],
  stop: ['die'],
  restart: ['die', 'start'],
  kill: ['die'],
  pause: ['pause'],
  unpause: ['unpause'],
  remove: ['die', 'destroy'],
};

interface Act {
  actor: string;
  action: ContainerAction;
  awaited: Set<string>;
  atMs: number;
}

export interface Acts {
  /** Call it before the act; the returned function takes it back when the act failed. */
  remember(target: { nodeId: NodeId; containerId: ContainerId }, action: ContainerAction, actor: string): () => void;
  /** Who caused this event of this container, if it was one of us. Each act answers once for each kind of event. */
  claim(
    target: { nodeId: NodeId; containerId: ContainerId },
    event: string,
  ): { actor: string; action: ContainerAction } | undefined;
}

export const createActs = (clock: Clock): Acts => {
  const pending = new Map<string, Act[]>();
  const keyOf = (target: { nodeId: NodeId; containerId: ContainerId }) => `${target.nodeId}/${target.containerId}`;
  const liveActs = (key: string): Act[] => {
    const oldestMs = clock.monotonicMs() - REMEMBERED_MS;
    return (pending.get(key) ?? []).filter((act) => act.atMs >= oldestMs && act.awaited.size > 0);
  };
  const keep = (key: string, acts: Act[]): void => {
    if (acts.length === 0) pending.delete(key);
    else pending.set(key, acts);
  };
  const forgetOld = (): void => {
    for (const key of [...pending.keys()]) keep(key, liveActs(key));
  };

  return {
    remember: (target, action, actor) => {
      forgetOld();
      const key = keyOf(target);
      const act: Act = { actor, action, awaited: new Set(CAUSED[action]), atMs: clock.monotonicMs() };
      keep(key, [...liveActs(key), act]);
      return () =>
        keep(
          key,
          liveActs(key).filter((other) => other !== act),
        );
    },
    claim: (target, event) => {
      const acts = liveActs(keyOf(target));
      const act = acts.find(({ awaited }) => awaited.has(event));
      if (act === undefined) return undefined;
      act.awaited.delete(event);
      return { actor: act.actor, action: act.action };
    },
  };
};
