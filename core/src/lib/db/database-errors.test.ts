import { DrizzleQueryError } from 'drizzle-orm/errors';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { isSerializationConflict, isUniqueViolation, QueryError, translateDatabaseError } from './database-errors.ts';

const aServerError = (code: string, fields: Partial<pg.DatabaseError> = {}): pg.DatabaseError =>
  Object.assign(new pg.DatabaseError('message of the server', 10, 'error'), { severity: 'ERROR', code, ...fields });
const aSystemError = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code });

describe('errors of the database', () => {
  test.each(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'ENOTFOUND'])('%s means that it is away', (code) => {
    expect(translateDatabaseError(aSystemError(code))).toMatchObject({ code: 'database_unavailable' });
  });

  test.each([
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
    'Client has encountered a connection error and is not queryable',
    'Cannot use a pool after calling end on the pool',
    'Query read timeout',
  ])('"%s" of the driver means that it is away', (message) => {
    expect(translateDatabaseError(new Error(message))).toMatchObject({ code: 'database_unavailable' });
  });

  test.each(['08006', '53100', '53300', '57P01', '57P03', '58030', '25006'])(
    'state %s means that it is away',
    (state) => {
      expect(translateDatabaseError(aServerError(state))).toMatchObject({
        code: 'database_unavailable',
        retryAfterSeconds: 2,
      });
    },
  );

  test.each(['57014', '55P03'])('state %s means that a limit was reached', (state) => {
    expect(translateDatabaseError(aServerError(state))).toMatchObject({ code: 'timed_out' });
  });

  test('the parameters that the query builder puts into its message are gone', () => {
    const error = new DrizzleQueryError(
      'insert into t values ($1)',
      ['canary'],
      aServerError('23505', { constraint: 'c' }),
    );
    expect(error.message).toContain('canary');
    const translated = translateDatabaseError(error);
    expect(translated).toBeInstanceOf(QueryError);
    expect(JSON.stringify(translated, Object.getOwnPropertyNames(translated))).not.toContain('canary');
    expect(isUniqueViolation(translated, 'c')).toBe(true);
    expect(isUniqueViolation(translated, 'd')).toBe(false);
  });

  test('a message that quotes the value that did not fit is replaced', () => {
    const error = new DrizzleQueryError(
      'select $1::int',
      [],
      Object.assign(aServerError('22P02'), { message: 'invalid: "canary"' }),
    );
    expect(String(translateDatabaseError(error))).not.toContain('canary');
  });

  test('a conflict that another run may win is told from others', () => {
    expect(isSerializationConflict(translateDatabaseError(aServerError('40001')))).toBe(true);
    expect(isSerializationConflict(translateDatabaseError(aServerError('40P01')))).toBe(true);
    expect(isSerializationConflict(translateDatabaseError(aServerError('23505')))).toBe(false);
  });

  test('what did not come from the database stays as it is', () => {
    const own = new AppError('not_found', 'x', { cause: new Error('y') });
    const other = new Error('z');
    expect(translateDatabaseError(own)).toBe(own);
    expect(translateDatabaseError(other)).toBe(other);
    expect(translateDatabaseError('text')).toBe('text');
  });
});
