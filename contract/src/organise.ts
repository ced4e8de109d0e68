/** How people order their fleet: tags on nodes, groups that are rules over tags, favourites of a user, notes, inventory history. */
import { z } from 'zod';
import { NodeId } from './ids.ts';
import { Page } from './nodes.ts';
import { Tags } from './tags.ts';

export const GroupId = z.uuid().brand<'GroupId'>();
export type GroupId = z.infer<typeof GroupId>;
/** A node belongs to a group when its tags fulfil the rule: there is no membership to keep in step. */
export const GroupRule = z.strictObject({ match: z.enum(['all', 'any']), tags: Tags.pipe(z.array(z.string()).min(1)) });
export const GroupName = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(/^[\p{L}\p{N}]\P{Cc}*$/u, 'starts with a letter or digit and has no control character')
  .refine((name) => name.isWellFormed(), 'has half of a character');
/** So many groups at most: each list counts the nodes of all of them. */
export const MAX_GROUPS = 200;
export const Group = z.object({ id: GroupId, name: z.string(), rule: GroupRule, nodeCount: z.int() });
export type Group = z.infer<typeof Group>;
export const GroupList = z.object({ items: z.array(Group), nextCursor: z.null() });
export const CreateGroupInput = z.strictObject({ name: GroupName, rule: GroupRule });
export const UpdateGroupInput = z.strictObject({ groupId: GroupId, name: GroupName, rule: GroupRule });
export const GroupTarget = z.strictObject({ groupId: GroupId });

export const FavouriteInput = z.strictObject({ nodeId: NodeId, isFavourite: z.boolean() });
export const NodesTarget = z.strictObject({ nodeIds: z.array(NodeId).min(1).max(1000) });
/** Every tag that some node has, by name. */
export const TagList = z.object({
  items: z.array(z.object({ tag: z.string(), nodeCount: z.int() })),
  nextCursor: z.null(),
});
/** Adds and removes tags on many nodes; each node has its own result. */
export const TagNodesInput = NodesTarget.extend({ add: Tags.default([]), remove: Tags.default([]) });
export const BulkResult = z.object({
  items: z.array(z.object({ nodeId: NodeId, ok: z.boolean(), message: z.string().nullable() })),
});

/** One change of what a machine is: "Kernel: 6.1.0-18 → 6.1.0-21". */
export const InventoryChange = z.object({
  at: z.iso.datetime(),
  field: z.string(),
  label: z.string(),
  before: z.string().nullable(), // null: was not known
  after: z.string().nullable(),
});
export type InventoryChange = z.infer<typeof InventoryChange>;
export const InventoryInput = Page.extend({ nodeId: NodeId });
export const InventoryPage = z.object({ items: z.array(InventoryChange), nextCursor: z.string().nullable() });
