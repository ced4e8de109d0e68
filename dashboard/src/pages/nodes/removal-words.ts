import type { NodeSummary } from '@serverbox/contract/nodes';
import type { Consequence } from '../../ui/ConfirmDialog.tsx';
import { countNodes } from './count-words.ts';

/** What goes with nodes that are removed, and what stays on their machines. */
export const nodeRemovalWords = (nodes: readonly NodeSummary[]): Consequence[] => {
  const containers = nodes.reduce((sum, node) => sum + (node.containerCount?.total ?? 0), 0);
  const has = (way: string) => nodes.some((node) => node.ways.some((each) => each.way === way));
  return [
    { text: `The metrics, activity, tags and notes of ${countNodes(nodes.length)} are deleted.`, tone: 'danger' },
    ...(has('agent') || has('poll')
      ? [{ text: 'The agent loses its credential. It stays installed until it is uninstalled on the machine.' }]
      : []),
    ...(has('ssh') ? [{ text: 'SSH access and its stored credential are deleted.' }] : []),
    ...(has('push') ? [{ text: 'The token of the push script stops to count.' }] : []),
    ...(containers > 0
      ? [
          {
            text: `${containers} ${containers === 1 ? 'container keeps' : 'containers keep'} running, unseen from here.`,
          },
        ]
      : []),
    ...(nodes.some((node) => node.isLocal)
      ? [{ text: 'One of them is the machine that Server Box runs on.', tone: 'warning' as const }]
      : []),
  ];
};

/** What has to be typed: the name of the one node, or how many there are. */
export const removalName = (nodes: readonly NodeSummary[]): string | undefined =>
  nodes.length === 1 ? nodes[0]?.name : countNodes(nodes.length);
