/** Groups of nodes: rules over tags. There is no membership to keep in step; it is computed when it is asked for. */
import type { Group, GroupId } from '@serverbox/contract/organise';
import { MAX_GROUPS } from '@serverbox/contract/organise';
import { isUniqueViolation } from '../../lib/db/database-errors.ts';
import type { Db } from '../../lib/db/orm.ts';
import { AppError, notFound } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import type { Rule } from './membership.ts';
import { countMembers } from './membership.ts';
import type { GroupRow } from './queries.ts';
import { deleteGroup, insertGroup, listGroupRows, listTagSets, saveGroup } from './queries.ts';

export interface Groups {
  /** By name, each with the number of its nodes. */
  list(): Promise<Group[]>;
  /** @throws AppError `conflict` when another group has this name, or there are too many */
  create(group: { name: string; rule: Rule }): Promise<Group>;
  /** @throws AppError `conflict` | `not_found` */
  update(group: { id: GroupId; name: string; rule: Rule }): Promise<Group>;
  /** The nodes stay as they are. @throws AppError `not_found` */
  remove(id: GroupId): Promise<void>;
}

/** Runs the statement; a name that is taken becomes a sentence. */
const named = async (write: () => Promise<boolean>): Promise<boolean> => {
  try {
    return await write();
  } catch (error) {
    if (!isUniqueViolation(error, 'node_groups_name_unique')) throw error;
    throw new AppError('conflict', 'Another group has this name.', { cause: error });
  }
};

export const createGroups = (db: Db): Groups => {
  const counted = async (row: GroupRow): Promise<Group> => ({
    ...row,
    nodeCount: countMembers(row.rule, await listTagSets(db)),
  });
  return {
    list: async () => {
      const [rows, sets] = await Promise.all([listGroupRows(db), listTagSets(db)]);
      return rows.map((row) => ({ ...row, nodeCount: countMembers(row.rule, sets) }));
    },
    create: async ({ name, rule }) => {
      const row = { id: newId<GroupId>(), name, rule };
      if (!(await named(() => insertGroup(db, row, MAX_GROUPS))))
        throw new AppError('conflict', `There are ${MAX_GROUPS} groups already; remove one first.`);
      return counted(row);
    },
    update: async (row) => {
      if (!(await named(() => saveGroup(db, row)))) throw notFound('The group');
      return counted(row);
    },
    remove: async (id) => {
      if (!(await deleteGroup(db, id))) throw notFound('The group');
    },
  };
};
