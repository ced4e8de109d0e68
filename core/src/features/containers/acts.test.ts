import { ContainerId } from '@serverbox/contract/ids';
import { expect, test } from 'vitest';
import { fakeClock } from '../../lib/clock.ts';
import { newId } from '../../lib/ids.ts';
import { createActs } from './acts.ts';

const setUp = () => {
  const clock = fakeClock(new Date('2026-01-01T00:00:00Z'));
  const target = {
    nodeId: newId<Parameters<ReturnType<typeof createActs>['claim']>[0]['nodeId']>(),
    containerId: ContainerId.parse('a'.repeat(64)),
  };
  return { clock, target, acts: createActs(clock) };
};

test('an act answers once for each event that it causes', () => {
  const { acts, target } = setUp();
  acts.remember(target, 'restart', 'a@example.org');
  expect(acts.claim(target, 'die')?.actor).toBe('a@example.org');
  expect(acts.claim(target, 'die')).toBeUndefined();
  expect(acts.claim(target, 'start')?.actor).toBe('a@example.org');
  expect(acts.claim(target, 'start')).toBeUndefined();
});

test('an act is not blamed for what it does not cause, for another container, or after 30 seconds', () => {
  const { acts, target, clock } = setUp();
  acts.remember(target, 'pause', 'a@example.org');
  expect(acts.claim(target, 'die')).toBeUndefined();
  expect(acts.claim({ ...target, containerId: ContainerId.parse('b'.repeat(64)) }, 'pause')).toBeUndefined();
  clock.advance(30_001);
  expect(acts.claim(target, 'pause')).toBeUndefined();
});

test('an act that failed is taken back and leaves the others', () => {
  const { acts, target } = setUp();
  acts.remember(target, 'stop', 'first@example.org');
  const takeBack = acts.remember(target, 'kill', 'second@example.org');
  takeBack();
  expect(acts.claim(target, 'die')?.actor).toBe('first@example.org');
  expect(acts.claim(target, 'die')).toBeUndefined();
});
