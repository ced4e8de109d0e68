/** Through which nodes another one is reached. Pure. */
import type { NodeId } from '@serverbox/contract/ids';
import { MAX_JUMPS } from '@serverbox/contract/ssh';
import { AppError } from '../../lib/errors.ts';
import type { EndpointRow } from './queries.ts';

type Hop = Pick<EndpointRow, 'nodeId' | 'jump'>;

const refuse = (sentence: string): AppError => new AppError('bad_request', sentence);

/**
 * The hops to a node from the core outwards. The first one that it names is reached in that one's own way, so its hops
 * come before it. @throws AppError `bad_request` for a loop, more than 5 hops, or a hop without SSH access
 */
export const routeTo = (target: Hop, find: (nodeId: NodeId) => Hop | undefined): NodeId[] => {
  const route: NodeId[] = [];
  let hop: Hop | undefined = target;
  while (hop !== undefined && hop.jump.length > 0) {
    route.unshift(...hop.jump);
    if (route.length > MAX_JUMPS) throw refuse(`There are more than ${MAX_JUMPS} jump hosts on the way to the node.`);
    if (new Set([target.nodeId, ...route]).size <= route.length) throw refuse('The jump hosts lead in a circle.');
    hop = find(hop.jump[0] as NodeId);
  }
  if (route.some((nodeId) => find(nodeId) === undefined)) throw refuse('A jump host has no SSH access itself.');
  return route;
};
