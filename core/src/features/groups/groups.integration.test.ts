import type { GroupId } from '@serverbox/contract/organise';
import { MAX_GROUPS } from '@serverbox/contract/organise';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { withTestDatabase } from '../../lib/db/testing.ts';
import { newId } from '../../lib/ids.ts';
import { nodes } from '../../schema/nodes.ts';
import { createGroups } from './service.ts';

const rule = (match: 'all' | 'any', ...tags: string[]) => ({ match, tags });

const open = async (...tagSets: string[][]) => {
  const context = await withTestDatabase();
  const { db } = context.database;
  for (const [index, tags] of tagSets.entries())
    await db.insert(nodes).values({ id: newId(), name: `n${index}`, tags });
  return { db, groups: createGroups(db), [Symbol.asyncDispose]: context.close };
};

test('a group counts the nodes whose tags fulfil its rule, as they are now', async () => {
  await using context = await open(['env:prod', 'web'], ['env:prod', 'db'], ['web'], []);
  const { groups, db } = context;
  expect(await groups.create({ name: 'Production web', rule: rule('all', 'env:prod', 'web') })).toMatchObject({
    nodeCount: 1,
  });
  await groups.create({ name: 'Any', rule: rule('any', 'db', 'web') });
  await groups.create({ name: 'None', rule: rule('all', 'mail') });
  expect((await groups.list()).map(({ name, nodeCount }) => [name, nodeCount])).toEqual([
    ['Any', 3],
    ['None', 0],
    ['Production web', 1],
  ]);
  await db.execute(sql`UPDATE nodes SET tags = '{mail}' WHERE name = 'n3'`);
  expect((await groups.list()).find(({ name }) => name === 'None')?.nodeCount).toBe(1);
});

test('a name belongs to one group, and what is not there cannot be changed', async () => {
  await using context = await open(['web']);
  const { groups } = context;
  const web = await groups.create({ name: 'Web', rule: rule('all', 'web') });
  const mail = await groups.create({ name: 'Mail', rule: rule('all', 'mail') });
  await expect(groups.create({ name: 'Web', rule: rule('all', 'x') })).rejects.toMatchObject({ code: 'conflict' });
  await expect(groups.update({ ...mail, name: 'Web' })).rejects.toMatchObject({ code: 'conflict' });
  expect(await groups.update({ ...web, rule: rule('any', 'mail') })).toMatchObject({ id: web.id, nodeCount: 0 });
  await groups.remove(mail.id);
  await expect(groups.remove(mail.id)).rejects.toMatchObject({ code: 'not_found' });
  const id = newId<GroupId>();
  await expect(groups.update({ id, name: 'x', rule: rule('all', 'x') })).rejects.toMatchObject({ code: 'not_found' });
});

test('there are only so many groups', async () => {
  await using context = await open();
  const { groups, db } = context;
  await db.execute(sql`
    INSERT INTO node_groups (id, name, rule)
    SELECT gen_random_uuid(), 'g' || n, '{"match":"all","tags":["x"]}' FROM generate_series(1, ${MAX_GROUPS}) AS n`);
  await expect(groups.create({ name: 'one more', rule: rule('all', 'x') })).rejects.toMatchObject({
    ...{ code: 'conflict', message: expect.stringContaining(String(MAX_GROUPS)) },
  });
});
