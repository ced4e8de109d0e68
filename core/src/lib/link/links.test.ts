import type { NodeId } from '@serverbox/contract/ids';
import { expect, test } from 'vitest';
import { createMemoryBus } from '../bus/memory-bus.ts';
import { fakeClock } from '../clock.ts';
import { newId } from '../ids.ts';
import { silentLog } from '../log.ts';
import type { NodeLink } from './link.ts';
import { createLinks } from './links.ts';

const refuse = async (): Promise<never> => {
  throw new Error('not part of this test');
};

/** A link without a connection: only its life is of interest here. */
const aLink = (clock: { now(): Date }): NodeLink => {
  const controller = new AbortController();
  return {
    via: 'agent',
    exec: refuse,
    shell: refuse,
    sftp: refuse,
    dialUnix: refuse,
    dialTcp: refuse,
    subsystem: refuse,
    services: [],
    closed: controller.signal,
    linkedAt: clock.now(),
    close: (reason) => controller.abort(new Error(reason)),
  };
};

const openLinks = () => {
  const clock = fakeClock(new Date('2026-01-02T03:04:05Z'));
  const bus = createMemoryBus(silentLog);
  const heard: string[] = [];
  bus.subscribe('node.linked', ({ nodeId }) => void heard.push(`linked ${nodeId}`));
  bus.subscribe('node.unlinked', ({ nodeId }) => void heard.push(`unlinked ${nodeId}`));
  const nodeId = newId<NodeId>();
  return { clock, heard, nodeId, links: createLinks({ bus, clock, log: silentLog }) };
};

test('a node is found from its link until the link closes, and both are told', async () => {
  const { links, clock, heard, nodeId } = openLinks();
  expect(() => links.get(nodeId)).toThrow('The node has had no connection since this core started.');
  const link = aLink(clock);
  links.add(nodeId, link);
  expect(links.get(nodeId)).toBe(link);
  link.close('test');
  expect(links.find(nodeId)).toBeUndefined();
  expect(() => links.get(nodeId)).toThrow('since 2026-01-02T03:04:05.000Z');
  await expect.poll(() => heard).toEqual([`linked ${nodeId}`, `unlinked ${nodeId}`]);
});

test('a node without a link is reached by the link of no other node', () => {
  const { links, clock, nodeId } = openLinks();
  const other = newId<NodeId>();
  links.add(other, aLink(clock));
  expect(links.find(nodeId)).toBeUndefined();
  expect(() => links.get(nodeId)).toThrow('The node has had no connection');
  expect(() => links.get('')).toThrow('The node has had no connection');
});

test('a newer link of the same node closes the older one, and the node stays linked', async () => {
  const { links, clock, heard, nodeId } = openLinks();
  const [older, newer] = [aLink(clock), aLink(clock)];
  links.add(nodeId, older);
  links.add(nodeId, newer);
  expect(older.closed.aborted).toBe(true);
  expect(links.get(nodeId)).toBe(newer);
  await expect.poll(() => heard).toEqual([`linked ${nodeId}`, `linked ${nodeId}`]);
});

test('a link that died before it was added is not kept', () => {
  const { links, clock, nodeId } = openLinks();
  const link = aLink(clock);
  link.close('too late');
  links.add(nodeId, link);
  expect(links.find(nodeId)).toBeUndefined();
});

test('AG-5 two machines that take turns are noticed, and one of them is to be refused while the other is linked', () => {
  const { links, clock, nodeId } = openLinks();
  for (let turn = 0; turn < 5; turn += 1) {
    expect(links.isContested(nodeId)).toBe(false);
    links.add(nodeId, aLink(clock));
    clock.advance(2000);
  }
  expect(links.isContested(nodeId)).toBe(true);
  expect(links.isContested(newId<NodeId>())).toBe(false);

  links.closeAll('test');
  expect(links.isContested(nodeId)).toBe(false);
  links.add(nodeId, aLink(clock));
  clock.advance(300_000);
  expect(links.isContested(nodeId)).toBe(false);
});

test('AG-5 a node that reconnects now and then is nobody else', () => {
  const { links, clock, nodeId } = openLinks();
  for (let turn = 0; turn < 20; turn += 1) {
    links.add(nodeId, aLink(clock));
    clock.advance(25_000);
  }
  expect(links.isContested(nodeId)).toBe(false);
});
