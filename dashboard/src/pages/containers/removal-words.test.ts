import { expect, test } from 'vitest';
import { removalWords } from './removal-words.ts';

const plan = {
  name: 'web',
  isRunning: true,
  anonymousVolumes: ['a1b2'],
  keptVolumes: ['web_data'],
  publishedPorts: ['0.0.0.0:8080'],
};

test('what is lost is said before what stays', () => {
  expect(removalWords(plan, true)).toEqual([
    { text: 'web is running and will be stopped first.', tone: 'danger' },
    { text: 'Nothing answers any more on 0.0.0.0:8080.', tone: 'warning' },
    { text: 'The unnamed volume a1b2 and all that is in it will be deleted.', tone: 'danger' },
    { text: 'The volume web_data stays.', tone: 'neutral' },
  ]);
});

test('an unnamed volume that is not asked for stays', () => {
  expect(removalWords(plan, false)[2]).toEqual({
    text: 'The unnamed volume a1b2 stays, without a container that uses it.',
    tone: 'neutral',
  });
});

test('a container without anything around it still says what is lost', () => {
  const bare = { name: 'x', isRunning: false, anonymousVolumes: [], keptVolumes: [], publishedPorts: [] };
  expect(removalWords(bare, true)).toHaveLength(1);
});
