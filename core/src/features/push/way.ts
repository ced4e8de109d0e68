/** How the push script of a node stands, as one of the ways to it. */
import type { NodeWay } from '@serverbox/contract/ways';
import type { Host } from './hosts.ts';

export const pushWay = ({ report }: Host, isStale: boolean): Omit<NodeWay, 'isInUse'> => {
  if (report === undefined) {
    return { way: 'push', state: 'down', text: 'The push script has not reported yet', since: null };
  }
  const since = report.receivedAt.toISOString();
  if (isStale) return { way: 'push', state: 'down', text: 'The push script has stopped reporting', since };
  return { way: 'push', state: 'up', text: 'The push script reports', since };
};
