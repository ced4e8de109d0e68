import type { NodeSummary } from '@serverbox/contract/nodes';
import { WAY_CAPABILITIES } from '@serverbox/contract/ways';

/** Why a node cannot take part in a fleet command, as a sentence; undefined when it can be asked. */
export const runRefusal = ({ via, services }: Pick<NodeSummary, 'via' | 'services'>): string | undefined => {
  if (via === null) return 'No way leads to it yet.';
  const byWay = WAY_CAPABILITIES[via].runs;
  if (byWay !== null) return byWay;
  if (via !== 'ssh' && !services.includes('exec')) return 'Its owner does not permit commands on it.';
  return undefined;
};
