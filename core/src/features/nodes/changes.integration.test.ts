import type { NodeId } from '@serverbox/contract/ids';
import { MAX_TAGS } from '@serverbox/contract/tags';
import { expect, test } from 'vitest';
import { newId } from '../../lib/ids.ts';
import { activity } from '../../schema/activity.ts';
import { inventoryChanges } from '../../schema/organise.ts';
import { secrets } from '../../schema/secrets.ts';
import { sshEndpoints } from '../../schema/ssh.ts';
import { FACTS } from '../metrics/testing.ts';
import { openNodes, principal } from './testing.ts';

const storyOf = async ({ nodes }: Awaited<ReturnType<typeof openNodes>>, nodeId: NodeId) =>
  (await nodes.listActivity({ nodeId, limit: 50 })).items;

test('a renamed node keeps its story, and a taken name is a conflict', async () => {
  await using context = await openNodes();
  const { nodes } = context;
  const nodeId = await context.addNode('web-1');
  await context.addNode('web-2');
  expect(await nodes.update(principal, { nodeId, name: 'shop' })).toMatchObject({ id: nodeId, name: 'shop' });
  await expect(nodes.update(principal, { nodeId, name: 'web-2' })).rejects.toMatchObject({ code: 'conflict' });
  expect(await storyOf(context, nodeId)).toMatchObject([
    { kind: 'node.renamed', nodeName: 'shop', actor: 'a@example.org', text: 'Renamed from web-1 to shop' },
  ]);
});

test('an update changes what it names, and the story says what that was', async () => {
  await using context = await openNodes();
  const { nodes, clock } = context;
  const nodeId = await context.addNode('web-1', { tags: ['env:prod', 'old'] });
  const note = 'Ask <b>Ann</b> before a restart\n\u202e\u0007 ümlaut 😀';
  await nodes.update(principal, { nodeId, tags: ['env:prod', 'team/web'], note });
  expect(await nodes.get(principal, nodeId)).toMatchObject({ name: 'web-1', tags: ['env:prod', 'team/web'], note });
  expect((await nodes.list(principal))[0]).toMatchObject({ hasNote: true });
  expect((await nodes.list(principal))[0]).not.toHaveProperty('note');
  clock.advance(1000);
  await nodes.update(principal, { nodeId, name: 'web-1', tags: ['env:prod', 'team/web'], note });
  clock.advance(1000);
  await nodes.update(principal, { nodeId, note: '' });
  const told = (await storyOf(context, nodeId)).map(({ kind, text }) => [kind, text]);
  expect(told[0]).toEqual(['node.noted', 'The note was removed']);
  expect(told.slice(1).sort()).toEqual([
    ['node.noted', 'A note was written'],
    ['node.tagged', 'Tagged team/web; untagged old'],
  ]);
});

test('tags go to a thousand nodes in one call, and each node has its own result', async () => {
  await using context = await openNodes();
  const { nodes } = context;
  const full = Array.from({ length: MAX_TAGS }, (_, index) => `t${index}`);
  const fullId = await context.addNode('full', { tags: full });
  const ids: NodeId[] = [];
  for (let index = 0; index < 998; index += 1) ids.push(await context.addNode(`n${index}`, { tags: ['old'] }));
  const missing = newId<NodeId>();
  const startedMs = performance.now();
  const { items } = await nodes.tagMany(principal, {
    nodeIds: [fullId, ...ids, missing, fullId],
    add: ['new'],
    remove: ['old'],
  });
  expect(performance.now() - startedMs).toBeLessThan(5000);
  expect(items).toHaveLength(1000);
  expect(items[0]).toEqual({ nodeId: fullId, ok: false, message: 'A node has at most 32 tags.' });
  expect(items.at(-1)).toEqual({ nodeId: missing, ok: false, message: 'The node was not found.' });
  expect(items.filter(({ ok }) => ok)).toHaveLength(998);
  expect((await nodes.listTags(principal)).filter(({ nodeCount }) => nodeCount > 1)).toEqual([
    { tag: 'new', nodeCount: 998 },
  ]);
  expect(await storyOf(context, ids[0] as NodeId)).toMatchObject([{ text: 'Tagged new; untagged old' }]);
  expect(await storyOf(context, fullId)).toEqual([]);
});

test('two callers who tag the same nodes the other way round both get through', async () => {
  await using context = await openNodes();
  const { nodes } = context;
  const ids: NodeId[] = [];
  for (let index = 0; index < 40; index += 1) ids.push(await context.addNode(`n${index}`));
  const callers = Array.from({ length: 10 }, (_, index) =>
    nodes.tagMany(principal, {
      nodeIds: index % 2 === 0 ? ids : ids.toReversed(),
      add: [`tag-${index}`],
      remove: [],
    }),
  );
  await Promise.all(callers);
  for (const { tags } of await nodes.list(principal)) expect(tags).toHaveLength(10);
});

test('a favourite belongs to one user', async () => {
  await using context = await openNodes();
  const { nodes } = context;
  const [ann, bob] = [await context.addUser('ann@example.org'), await context.addUser('bob@example.org')];
  const nodeId = await context.addNode('web-1');
  await nodes.setFavourite(ann, nodeId, true);
  await nodes.setFavourite(ann, nodeId, true);
  expect((await nodes.list(ann))[0]?.isFavourite).toBe(true);
  expect(await nodes.get(ann, nodeId)).toMatchObject({ isFavourite: true });
  expect((await nodes.list(bob))[0]?.isFavourite).toBe(false);
  await nodes.setFavourite(ann, nodeId, false);
  expect((await nodes.list(ann))[0]?.isFavourite).toBe(false);
});

test('a node that is made has no way yet, and its name is its own', async () => {
  await using context = await openNodes();
  const { nodes } = context;
  const nodeId = await nodes.create('nas');
  expect(await nodes.get(principal, nodeId)).toMatchObject({
    name: 'nas',
    via: null,
    ways: [],
    hostKeyFingerprint: null,
  });
  await expect(nodes.create('nas')).rejects.toMatchObject({ code: 'conflict' });
});

test('a removed node takes its story, its secrets and its links with it, and no other', async () => {
  await using context = await openNodes();
  const { nodes, database, detached } = context;
  const nodeId = await context.addNode('web-1');
  const other = await context.addNode('web-2');
  await nodes.update(principal, { nodeId, tags: ['x'] });
  for (const id of [nodeId, other])
    await database.db
      .insert(secrets)
      .values({ id: newId(), purpose: 'ssh_credential', rowRef: id, sealed: Buffer.from('x') });
  await nodes.remove(principal, nodeId);
  expect(detached).toEqual([nodeId]);
  expect((await nodes.list(principal)).map(({ id }) => id)).toEqual([other]);
  expect(await database.db.$count(activity)).toBe(0);
  expect((await database.db.select().from(secrets)).map(({ rowRef }) => rowRef)).toEqual([other]);
  await expect(nodes.remove(principal, nodeId)).rejects.toMatchObject({ code: 'not_found' });
  // What its link still had to tell comes too late, and is nobody's trouble.
  await nodes.recordActivity(nodeId, { kind: 'node.unlinked', subject: null, actor: null, text: 'x' });
});

test('the machine that Server Box runs on stays while it is kept as a node, and so does the way to others', async () => {
  await using context = await openNodes({ keepsLocalNode: true });
  const { nodes, database } = context;
  const local = await context.addNode('here', { isLocal: true });
  await expect(nodes.remove(principal, local)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('SERVERBOX_LOCAL_NODE=off'),
  });
  const bastion = await context.addNode('bastion');
  const behind = await context.addNode('db-1');
  const endpoint = { host: '10.0.0.2', port: 22, sshUser: 'root', authKind: 'key' as const, jump: [bastion] };
  await database.db.insert(sshEndpoints).values({ nodeId: behind, ...endpoint });
  await expect(nodes.remove(principal, bastion)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('db-1'),
  });
  await nodes.remove(principal, behind);
  await nodes.remove(principal, bastion);
});

test('the inventory remembers what a machine was, page by page, and forgets the oldest', async () => {
  await using context = await openNodes();
  const { nodes, clock, database } = context;
  const nodeId = await context.addNode('web-1');
  const hello = (changed: Partial<typeof FACTS>) =>
    nodes.touchFacts(nodeId, { facts: { ...FACTS, ...changed }, services: ['metrics'], epoch: 'a'.repeat(32) });
  await hello({});
  for (let number = 1; number <= 5; number += 1) {
    clock.advance(1000);
    await hello({ kernel: `6.12.${number}`, addresses: [`192.0.2.${number}`] });
  }
  const first = await nodes.listInventory({ nodeId, limit: 4 });
  const rest = await nodes.listInventory({ nodeId, limit: 50, cursor: first.nextCursor ?? '' });
  expect(rest.nextCursor).toBeNull();
  const all = [...first.items, ...rest.items];
  expect(all).toHaveLength(10);
  expect(all.filter(({ field }) => field === 'kernel')[0]).toEqual({
    at: clock.now().toISOString(),
    field: 'kernel',
    label: 'Kernel',
    before: '6.12.4',
    after: '6.12.5',
  });
  // Addresses come and go: they are kept, but no part of the story.
  expect(await storyOf(context, nodeId)).toHaveLength(5);
  const old = Array.from({ length: 1200 }, (_, index) => ({
    ...{ id: newId<string>(), nodeId, field: 'kernel', before: 'a', after: 'b' },
    at: new Date(clock.now().getTime() - 60_000 - index),
  }));
  await database.db.insert(inventoryChanges).values(old);
  clock.advance(1000);
  await hello({ kernel: '7.0', addresses: ['192.0.2.5'] });
  expect(await database.db.$count(inventoryChanges)).toBe(1000);
  expect((await nodes.listInventory({ nodeId, limit: 1 })).items[0]?.after).toBe('7.0');
});
