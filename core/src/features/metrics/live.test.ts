import type { NodeId } from '@serverbox/contract/ids';
import { expect, test } from 'vitest';
import { newId } from '../../lib/ids.ts';
import { createLog } from '../../lib/log.ts';
import type { LiveMetrics } from './live.ts';
import { createLiveFeed } from './live.ts';

const NEWS: LiveMetrics = { type: 'host', nodeId: newId<NodeId>(), at: 1, values: [0.5] };

test('a listener that throws harms neither the others nor whoever tells', () => {
  const logged: string[] = [];
  const feed = createLiveFeed(createLog('debug', { write: (line: string) => logged.push(line) }));
  const heard: LiveMetrics[] = [];
  feed.subscribe(() => {
    throw new Error('broken listener');
  });
  feed.subscribe((news) => heard.push(news));
  feed.tell(NEWS);
  expect(heard).toEqual([NEWS]);
  expect(logged).toEqual([expect.stringContaining('broken listener')]);
});

test('who has left hears nothing more', () => {
  const feed = createLiveFeed(createLog('silent'));
  const heard: LiveMetrics[] = [];
  const leave = feed.subscribe((news) => heard.push(news));
  leave();
  feed.tell(NEWS);
  expect(heard).toEqual([]);
});
