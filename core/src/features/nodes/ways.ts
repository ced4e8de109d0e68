/** The ladder: of the ways to a node that are up, the best one is in use. Pure. */
import type { NodeWay } from '@serverbox/contract/ways';
import { WAYS } from '@serverbox/contract/ways';

export type WayState = Omit<NodeWay, 'isInUse'>;

/** In the order of the ladder, with the one in use marked; without one that is up, none is. */
export const climbLadder = (ways: readonly WayState[]): NodeWay[] => {
  const ordered = ways.toSorted((left, right) => WAYS.indexOf(left.way) - WAYS.indexOf(right.way));
  const inUse = ordered.find(({ state }) => state === 'up');
  return ordered.map((way) => ({ ...way, isInUse: way === inUse }));
};
