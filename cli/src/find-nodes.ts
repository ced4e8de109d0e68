/** Nodes as people name them: by name, id, tag or group. */
import type { NodeId } from '@serverbox/contract/ids';
import type { NodeSummary } from '@serverbox/contract/nodes';
import type { Group } from '@serverbox/contract/organise';
import type { ServerBox } from '@serverbox/sdk';
import { ServerBoxError } from '@serverbox/sdk';

type Api = ServerBox['api'];

const pick = (nodes: readonly NodeSummary[], wanted: string): NodeSummary => {
  const found = nodes.find(({ name, id }) => name === wanted || id === wanted);
  if (found === undefined) throw new ServerBoxError('not_found', `No node is called ${wanted}.`);
  return found;
};

/** @throws ServerBoxError `not_found` */
export const getNode = async (api: Api, wanted: string): Promise<NodeSummary> =>
  pick((await api.nodes.list.query({})).items, wanted);

/** @throws ServerBoxError `not_found` */
export const getNodes = async (api: Api, wanted: readonly string[]): Promise<NodeSummary[]> => {
  const { items } = await api.nodes.list.query({});
  return wanted.map((name) => pick(items, name));
};

/** @throws ServerBoxError `not_found` */
export const getGroup = async (api: Api, wanted: string): Promise<Group> => {
  const { items } = await api.groups.list.query({});
  const found = items.find(({ name, id }) => name === wanted || id === wanted);
  if (found === undefined) throw new ServerBoxError('not_found', `No group is called ${wanted}.`);
  return found;
};

export interface Selection {
  node: readonly string[];
  tag: readonly string[];
  group: readonly string[];
  all: boolean;
}

const isMember = (tags: readonly string[], { rule }: Group): boolean =>
  rule.match === 'all' ? rule.tags.every((tag) => tags.includes(tag)) : rule.tags.some((tag) => tags.includes(tag));

/** Every node that one of the choices names, once. @throws ServerBoxError `not_found` | `bad_request` when there is none */
export const selectNodes = async (api: Api, { node, tag, group, all }: Selection): Promise<NodeId[]> => {
  const { items } = await api.nodes.list.query({});
  const groups = await Promise.all(group.map((name) => getGroup(api, name)));
  const named = new Set(node.map((name) => pick(items, name).id));
  const chosen = items.filter(
    ({ id, tags }) =>
      all ||
      named.has(id) ||
      tag.some((one) => tags.includes(one.toLowerCase())) ||
      groups.some((one) => isMember(tags, one)),
  );
  if (chosen.length === 0) throw new ServerBoxError('bad_request', 'No node is chosen: name some, or give --all.');
  return chosen.map(({ id }) => id);
};
