/** What is left of a fleet command on a node that no link leads to. Pure. */
import type { NodeWay } from '@serverbox/contract/ways';
import { WAY_CAPABILITIES } from '@serverbox/contract/ways';

export interface Detour {
  /** It asks by long-poll: the command waits for its next question. */
  isPolled: boolean;
  /** Why the best way that it has can carry no command; undefined: it could, but is not up. */
  refusal: string | undefined;
}

export const detourOf = (ways: readonly NodeWay[]): Detour => {
  const isPolled = ways.some(({ way, state }) => way === 'poll' && state === 'up');
  const best = ways.find(({ isInUse }) => isInUse) ?? ways[0];
  return { isPolled, refusal: (best && WAY_CAPABILITIES[best.way].runs) ?? undefined };
};
