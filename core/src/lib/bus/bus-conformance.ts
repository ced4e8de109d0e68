/** What every bus must do. Run by the test file of each implementation. */
import type { NodeId } from '@serverbox/contract/ids';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../ids.ts';
import type { Bus } from './bus.ts';

/** Two cores of one installation; within one process both are the same bus. */
export interface BusPair {
  here: Bus;
  there: Bus;
  close(): Promise<void>;
}

const nodeIds = (count: number): NodeId[] => Array.from({ length: count }, () => newId<NodeId>());

/** Collects what `bus` hears until `last` comes: messages of one publisher keep their order, so nothing is left after it. */
const hearUntil = (bus: Bus, last: NodeId): Promise<NodeId[]> =>
  new Promise((resolve) => {
    const heard: NodeId[] = [];
    const stop = bus.subscribe('node.changed', ({ nodeId }) => {
      heard.push(nodeId);
      if (nodeId !== last) return;
      stop();
      resolve(heard);
    });
  });

export const testBus = (openPair: () => Promise<BusPair>): void => {
  let pair: BusPair;
  beforeEach(async () => {
    pair = await openPair();
  });
  afterEach(() => pair.close());

  test('a message is heard by the core that says it and by the others, once each', async () => {
    const [said, last] = nodeIds(2) as [NodeId, NodeId];
    const heard = Promise.all([hearUntil(pair.here, last), hearUntil(pair.there, last)]);
    pair.here.publish('node.changed', { nodeId: said });
    pair.here.publish('node.changed', { nodeId: last });
    expect(await heard).toEqual([
      [said, last],
      [said, last],
    ]);
  });

  test('delivery comes later, never from within publish', async () => {
    const [said] = nodeIds(1) as [NodeId];
    let hasHeard = false;
    const heard = hearUntil(pair.here, said).then(() => {
      hasHeard = true;
    });
    pair.here.publish('node.changed', { nodeId: said });
    await Promise.resolve();
    expect(hasHeard).toBe(false);
    await heard;
  });

  test('messages of one publisher keep their order', async () => {
    const said = nodeIds(500);
    const heard = hearUntil(pair.there, said.at(-1) as NodeId);
    for (const nodeId of said) pair.here.publish('node.changed', { nodeId });
    expect(await heard).toEqual(said);
  });

  test('a subscriber that changes its message changes nobody else’s', async () => {
    const nodeId = newId<NodeId>();
    pair.there.subscribe('containers.changed', (message) => {
      message.ids.push('f00dfeedf00d' as never);
    });
    const heard = new Promise((resolve) => pair.there.subscribe('containers.changed', resolve));
    pair.here.publish('containers.changed', { nodeId, ids: [] });
    expect(await heard).toEqual({ nodeId, ids: [] });
  });

  test('a subscriber that throws, now or later, harms nobody', async () => {
    const said = nodeIds(3);
    pair.there.subscribe('node.changed', () => {
      throw new Error('thrown');
    });
    pair.there.subscribe('node.changed', async () => {
      throw new Error('rejected');
    });
    const heard = hearUntil(pair.there, said.at(-1) as NodeId);
    for (const nodeId of said) pair.here.publish('node.changed', { nodeId });
    expect(await heard).toEqual(said);
  });

  test('nothing is heard after unsubscribing, and nothing of other topics', async () => {
    const [first, second] = nodeIds(2) as [NodeId, NodeId];
    const heard: string[] = [];
    const stop = pair.there.subscribe('node.changed', () => {
      heard.push('node.changed');
    });
    pair.there.subscribe('node.linked', () => {
      heard.push('node.linked');
    });
    stop();
    const end = hearUntil(pair.there, second);
    pair.here.publish('node.changed', { nodeId: first });
    pair.here.publish('node.changed', { nodeId: second });
    await end;
    expect(heard).toEqual([]);
  });

  test('the same function subscribed twice is called twice, and ends one at a time', async () => {
    const [said, last] = nodeIds(2) as [NodeId, NodeId];
    let calls = 0;
    const count = () => {
      calls += 1;
    };
    const stop = pair.there.subscribe('node.changed', count);
    pair.there.subscribe('node.changed', count);
    const first = hearUntil(pair.there, said);
    pair.here.publish('node.changed', { nodeId: said });
    await first;
    expect(calls).toBe(2);
    stop();
    const second = hearUntil(pair.there, last);
    pair.here.publish('node.changed', { nodeId: last });
    await second;
    expect(calls).toBe(3);
  });

  test('a closed bus is silent and refuses nothing', async () => {
    let calls = 0;
    pair.here.subscribe('node.changed', () => {
      calls += 1;
    });
    await pair.here.close();
    pair.here.publish('node.changed', { nodeId: newId<NodeId>() });
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toBe(0);
  });

  test('a bus that can be heard is healthy', async () => {
    expect(await pair.here.health()).toBe('ok');
  });
};
