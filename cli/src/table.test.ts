import { expect, test } from 'vitest';
import { formatTable } from './table.ts';

test('columns align under their header', () => {
  expect(formatTable(['NAME', 'STATE'], [['web-1', 'online']])).toBe('NAME   STATE\nweb-1  online\n');
});

test('IN-17 terminal escapes of a node print inert', () => {
  expect(formatTable(['NAME'], [['\u001b]52;c;eA==\u0007x\u009b2J']])).toBe('NAME\n\ufffd]52;c;eA==\ufffdx\ufffd2J\n');
});
