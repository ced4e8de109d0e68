import type { NodeId } from '@serverbox/contract/ids';

const MAX_SLUG_CHARS = 40;
const SHORT_ID_CHARS = 6;

/** What a machine calls itself in its reports: readable, and its own even where another node has had the same name. */
export const hostIdOf = (name: string, nodeId: NodeId): string => {
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG_CHARS)
    .replaceAll(/^-+|-+$/g, '');
  return `${slug || 'host'}-${nodeId.slice(-SHORT_ID_CHARS)}`;
};
