/**
 * Two machines with one identity that both send heartbeats: one is a copy of the other. Unlike two links, heartbeats never
 * meet, so they are told apart by when their machines were started: a reboot changes that once, two machines change it in
 * turns. In memory, and so by what this core has heard.
 */
import type { NodeId } from '@serverbox/contract/ids';
import type { Clock } from '../../lib/clock.ts';

export interface Rivals {
  /** Whether the machine that was started then takes turns with another one, which was here first and still sends. */
  isRival(nodeId: NodeId, bootedAtMs: number): boolean;
  forget(nodeId: NodeId): void;
}

interface Machine {
  bootedAtMs: number;
  heardMs: number;
}

interface Contest {
  owner: Machine;
  rival?: Machine;
  /** How often the owner was heard again after the rival. */
  turns: number;
}

/** The start is reckoned from a clock that may be set a little. */
const SAME_START_MS = 10_000;
/** A clock that is set far, and then back, looks like one turn. */
const TURNS = 2;
/** One that is refused asks again within half a minute. */
const RIVAL_LASTS_MS = 5 * 60_000;

/** @param silentAfterMs who was not heard for so long has left, and whoever comes then is the node */
export const createRivals = (clock: Pick<Clock, 'monotonicMs'>, silentAfterMs: number): Rivals => {
  const contests = new Map<NodeId, Contest>();
  const isSame = (machine: Machine | undefined, bootedAtMs: number): boolean =>
    machine !== undefined && Math.abs(machine.bootedAtMs - bootedAtMs) <= SAME_START_MS;

  return {
    isRival: (nodeId, bootedAtMs) => {
      const heardMs = clock.monotonicMs();
      const machine = { bootedAtMs, heardMs };
      const contest = contests.get(nodeId);
      if (contest === undefined || heardMs - contest.owner.heardMs > silentAfterMs) {
        contests.set(nodeId, { owner: machine, turns: 0 });
        return false;
      }
      const { owner, rival } = contest;
      if (isSame(owner, bootedAtMs)) {
        if (rival !== undefined && rival.heardMs > owner.heardMs) contest.turns += 1;
        contest.owner = machine;
        return false;
      }
      const isKnown = rival !== undefined && heardMs - rival.heardMs <= RIVAL_LASTS_MS;
      if (!isKnown || !isSame(rival, bootedAtMs)) contest.turns = 0;
      contest.rival = machine;
      return contest.turns >= TURNS;
    },
    forget: (nodeId) => void contests.delete(nodeId),
  };
};
