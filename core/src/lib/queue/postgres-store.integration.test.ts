import { describe } from 'vitest';
import { withTestDatabase } from '../db/testing.ts';
import { testQueue } from './queue-conformance.ts';

describe('queue in PostgreSQL', () => {
  testQueue(async () => {
    const { database, close } = await withTestDatabase();
    return { store: { database }, prefix: 'test', drop: close };
  });
});
