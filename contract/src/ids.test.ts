import { expect, test } from 'vitest';
import { ContainerId, NodeId } from './ids.ts';

const FULL = 'a1b2c3d4e5f6'.padEnd(64, '0');

test('a container id is 12 to 64 hex digits', () => {
  for (const id of [FULL, FULL.slice(0, 12), FULL.slice(0, 40)]) expect(ContainerId.parse(id)).toBe(id);
});

test.each([
  '../images/json',
  `${FULL.slice(0, 12)}/archive`,
  `${FULL.slice(0, 12)}?all=1`,
  `${FULL.slice(0, 12)}%2f..`,
  `${FULL.slice(0, 12)}\n`,
  ` ${FULL.slice(0, 12)}`,
  FULL.slice(0, 11),
  `${FULL}0`,
  FULL.slice(0, 12).toUpperCase(),
  'web-1',
  '',
])('AZ-11 what is no container id reaches no URL of the engine: %j', (text) => {
  expect(ContainerId.safeParse(text).success).toBe(false);
});

test('a node id is a UUID and nothing around it', () => {
  const id = '0190a000-0000-7000-8000-000000000000';
  expect(NodeId.parse(id)).toBe(id);
  for (const text of [`${id}/..`, `${id}\n`, id.slice(1), '..']) expect(NodeId.safeParse(text).success).toBe(false);
});
