/** Which nodes a list shows: what the address asks for, and the rule of a group. */
import type { NodeSummary } from '@serverbox/contract/nodes';
import type { Group } from '@serverbox/contract/organise';
import type { NodesSearch } from './search.ts';

type Rule = Group['rule'];

/** The same rule as the core's: a group has no list of members. */
export const fitsRule = ({ tags }: Pick<NodeSummary, 'tags'>, { match, tags: wanted }: Rule): boolean =>
  match === 'all' ? wanted.every((tag) => tags.includes(tag)) : wanted.some((tag) => tags.includes(tag));

export const ruleWords = ({ match, tags }: Rule): string => tags.join(match === 'all' ? ' and ' : ' or ');

const hasText = (node: NodeSummary, q: string): boolean =>
  [node.name, node.facts?.hostname, node.facts?.os, ...node.tags, ...(node.facts?.addresses ?? [])]
    .join('\n')
    .toLowerCase()
    .includes(q.toLowerCase());

/** A group that does not exist any more hides nothing. */
export const isNodeShown = (node: NodeSummary, search: NodesSearch, groups: readonly Group[]): boolean => {
  const { q, status, tag, via, only } = search;
  const group = groups.find(({ id }) => id === search.group);
  return (
    (status === undefined || node.status.state === status) &&
    (tag === undefined || node.tags.includes(tag)) &&
    (via === undefined || node.ways.some(({ way }) => way === via)) &&
    (only === undefined || node.isFavourite) &&
    (group === undefined || fitsRule(node, group.rule)) &&
    (q === undefined || hasText(node, q))
  );
};
