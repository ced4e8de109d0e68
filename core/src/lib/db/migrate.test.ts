import { describe, expect, test } from 'vitest';
import type { Migration } from './migrate.ts';
import { MIGRATIONS_DIR, planMigrations, readMigrations } from './migrate.ts';

const aMigration = (name: string): Migration => ({ name, sha256: `hash of ${name}`, sql: '' });
const [first, second, third] = [aMigration('0000_a'), aMigration('0001_b'), aMigration('0002_c')];

describe('what is left to migrate', () => {
  test('everything on an empty database, in order', () => {
    expect(planMigrations([first, second], [])).toEqual([first, second]);
  });

  test('what comes after the last one applied', () => {
    expect(planMigrations([first, second, third], [first])).toEqual([second, third]);
  });

  test('nothing when all are applied', () => {
    expect(planMigrations([first, second], [first, second])).toEqual([]);
  });

  test('DB-4 a database with a migration that this program does not know is newer, and refused', () => {
    expect(() => planMigrations([first], [first, second])).toThrow('newer Server Box (it has 0001_b)');
  });

  test('a migration that was changed after it was applied is refused', () => {
    expect(() => planMigrations([first, second], [{ ...first, sha256: 'other' }])).toThrow(
      '0000_a of the database differs',
    );
  });

  test('a migration that was slipped in before one that was applied is refused', () => {
    expect(() => planMigrations([first, second, third], [first, third])).toThrow('0002_c of the database differs');
  });
});

test('the migrations of the repository are numbered without a gap', async () => {
  const names = (await readMigrations(MIGRATIONS_DIR)).map(({ name }) => name);
  expect(names.length).toBeGreaterThan(1);
  expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, index) => index));
});
