import { expect, test } from 'vitest';
import { fakeClock } from '../../lib/clock.ts';
import { newId } from '../../lib/ids.ts';
import { createLog } from '../../lib/log.ts';
import type { Telling } from './telling.ts';
import { createTelling } from './telling.ts';

type NewActivity = Parameters<Telling['tell']>[1];
const activity = (text: string, actor: string | null = null): NewActivity => ({
  kind: 'container.died',
  subject: 'web',
  actor,
  text,
});

const setUp = (record: (told: NewActivity) => Promise<void>) => {
  const logged: string[] = [];
  const log = createLog('debug', { write: (line: string) => void logged.push(line) });
  const clock = fakeClock(new Date('2026-01-01T00:00:00Z'));
  const telling = createTelling({ clock, log, recordActivity: (_nodeId, told) => record(told) });
  return { telling, clock, logged, nodeId: newId<Parameters<Telling['tell']>[0]>() };
};

test('a container that crashes without end is told up to the bound, what users did always', async () => {
  const told: string[] = [];
  const { telling, clock, logged, nodeId } = setUp(async ({ text }) => void told.push(text));
  for (let n = 0; n < 1000; n += 1) telling.tell(nodeId, activity(`crash ${n}`));
  telling.tell(nodeId, activity('stopped', 'a@example.org'));
  clock.advance(60_001);
  telling.tell(nodeId, activity('later'));
  await expect.poll(() => told.length).toBe(302);
  expect(told.slice(-2)).toEqual(['stopped', 'later']);
  expect(logged.filter((line) => line.includes('left out'))).toHaveLength(1);
});

test('an activity that cannot be recorded is logged and keeps neither order nor the rest from being told', async () => {
  const told: string[] = [];
  const { telling, logged, nodeId } = setUp(async ({ text }) => {
    if (text === 'second') throw new Error('no database');
    told.push(text);
  });
  for (const text of ['first', 'second', 'third']) telling.tell(nodeId, activity(text));
  await expect.poll(() => told).toEqual(['first', 'third']);
  expect(logged.some((line) => line.includes('was not recorded'))).toBe(true);
});
