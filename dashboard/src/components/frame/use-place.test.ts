import { expect, test } from 'vitest';
import { placeOf } from './use-place.ts';

test.each([
  ['/', '/'],
  ['/nodes', '/nodes'],
  ['/nodes/a-1', '/nodes'],
  ['/nodes/a-1/containers/0123456789ab', '/containers'],
  ['/containers', '/containers'],
  ['/nodes/add', '/nodes'],
  ['/runs/new', '/runs'],
  ['/settings/appearance', '/settings'],
  ['/nodesx', undefined],
])('%s belongs to %s', (pathname, place) => {
  expect(placeOf(pathname)).toBe(place);
});
