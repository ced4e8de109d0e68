import { expect, test } from 'vitest';
import { z } from 'zod';
import { newId } from './ids.ts';

test('an id is a version 7 UUID', () => {
  expect(z.uuidv7().safeParse(newId()).success).toBe(true);
});

test('ids of later milliseconds sort after earlier ones', () => {
  const ids = [0, 1, 2, 1000, 1e9].map((ms) => newId(new Date(1.7e12 + ms)));
  expect(ids).toEqual([...ids].sort());
});
