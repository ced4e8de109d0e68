import { expect, test } from 'vitest';
import type { EngineEvent } from '../../lib/docker/replies.ts';
import { createStory } from './story.ts';

const ID = 'a'.repeat(64);
const event = (Action: string, Attributes: Record<string, string> = {}): EngineEvent => ({
  Type: 'container',
  Action,
  Actor: { ID, Attributes: { name: 'web', ...Attributes } },
  time: 1,
  timeNano: 1e9,
});
const told = (...events: EngineEvent[]) => {
  const story = createStory();
  return events.flatMap((one) => story.tell(one, false)?.text ?? []);
};

test('an end is told by what led to it', () => {
  expect(told(event('die', { exitCode: '3' }))).toEqual(['Container web ended by itself with exit code 3']);
  expect(told(event('die', { exitCode: '0' }))).toEqual(['Container web finished with exit code 0']);
  expect(told(event('kill', { signal: '15' }), event('die', { exitCode: '143' }), event('stop'))).toEqual([
    'Container web stopped with exit code 143',
  ]);
  expect(told(event('oom'), event('die', { exitCode: '137' }))).toEqual([
    'Container web ran out of memory and ended with exit code 137',
  ]);
});

test('the cause of one end does not explain the next one', () => {
  expect(
    told(event('kill'), event('die', { exitCode: '137' }), event('start'), event('die', { exitCode: '1' })),
  ).toEqual([
    'Container web stopped with exit code 137',
    'Container web started',
    'Container web ended by itself with exit code 1',
  ]);
});

test('health is told when it is known, and what nobody needs to hear is not told', () => {
  expect(
    told(event('health_status: unhealthy'), event('health_status: starting'), event('rename'), event('update')),
  ).toEqual(['Container web became unhealthy']);
});

test('a hostile name and exit code become bounded text without control characters', () => {
  const [text] = told(event('die', { name: `\u001b]0;x\u0007\u202e${'n'.repeat(10_000)}`, exitCode: '1; rm -rf /' }));
  expect(text).toMatch(/^Container \]0;xn+ ended by itself with exit code unknown$/);
  expect(text?.length).toBeLessThan(200);
  expect(told(event('start', { name: '\u0000' }))).toEqual([`Container ${ID.slice(0, 12)} started`]);
});
