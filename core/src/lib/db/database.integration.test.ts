import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { withTestDatabase } from './testing.ts';

test('a query runs as the role of the program', async () => {
  await using context = await withTestDatabase();
  const { rows } = await context.database.db.execute<{ name: string }>(sql`select current_user as name`);
  expect(rows).toEqual([{ name: 'serverbox_app' }]);
});
