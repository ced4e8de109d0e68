/** Who belongs to a group: the nodes whose tags fulfil its rule. Pure. */
import type { GroupRule } from '@serverbox/contract/organise';
import type { z } from 'zod';

export type Rule = z.infer<typeof GroupRule>;

const fulfils = (tags: ReadonlySet<string>, { match, tags: wanted }: Rule): boolean =>
  match === 'all' ? wanted.every((tag) => tags.has(tag)) : wanted.some((tag) => tags.has(tag));

/** How many nodes fulfil the rule; nodes with the same tags are counted together. */
export const countMembers = (rule: Rule, sets: readonly { tags: ReadonlySet<string>; nodeCount: number }[]): number =>
  sets.reduce((sum, { tags, nodeCount }) => (fulfils(tags, rule) ? sum + nodeCount : sum), 0);
