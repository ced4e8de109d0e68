/**
 * What the driver and the query builder throw, turned into errors that the rest of the program can use. Two reasons:
 * a lost connection must look the same wherever it happens, and drizzle puts the parameters of a failed query (password
 * hashes, sealed secrets) into the message of its error, from where they would reach the log.
 */
import { AppError, messageOf } from '../errors.ts';

/** SQLSTATE, see PostgreSQL's appendix "Error Codes". */
const SQL_STATES = {
  foreign_key_violation: '23503',
  unique_violation: '23505',
  serialization_failure: '40001',
  deadlock_detected: '40P01',
  query_canceled: '57014',
  lock_not_available: '55P03',
} as const;

/** Classes and states in which the server, not the query, is at fault: connection, resources, shutdown, I/O, read-only. */
const UNAVAILABLE_STATES = /^(08...|53...|57P0[1-5]|58...|25006)$/;
const UNAVAILABLE_CODES = new Set(
  'ECONNREFUSED ECONNRESET ENOENT EACCES EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN'.split(' '),
);
const UNAVAILABLE_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client (has|was)|Cannot use a pool)/;

/** A query that the database refused. Holds no parameter and no value of a row. */
export class QueryError extends Error {
  readonly sqlState: string;
  readonly constraint: string | undefined;
  readonly table: string | undefined;

  constructor(fields: {
    message: string;
    sqlState: string;
    constraint?: string | undefined;
    table?: string | undefined;
  }) {
    super(fields.message);
    this.name = 'QueryError';
    this.sqlState = fields.sqlState;
    this.constraint = fields.constraint;
    this.table = fields.table;
  }
}

const textField = (value: object, name: string): string | undefined => {
  const field: unknown = Reflect.get(value, name);
  return typeof field === 'string' ? field : undefined;
};

/** The driver's own error, under whatever the query builder wrapped around it. */
const innermost = (thrown: unknown): unknown => {
  let error = thrown;
  while (error instanceof Error && error.cause instanceof Error && !(error instanceof AppError)) error = error.cause;
  return error;
};

/** The answer of every surface while the server is away. */
export const databaseUnavailable = (cause?: unknown): AppError =>
  new AppError('database_unavailable', 'The database does not answer.', {
    retryAfterSeconds: 2,
    detail: { reason: messageOf(cause) },
  });

const fromSqlState = (error: Error, sqlState: string): Error => {
  if (UNAVAILABLE_STATES.test(sqlState)) return databaseUnavailable(error);
  if (sqlState === SQL_STATES.query_canceled) return new AppError('timed_out', 'The database took too long to answer.');
  if (sqlState === SQL_STATES.lock_not_available) {
    return new AppError('timed_out', 'Something else holds this object for too long; try again.', {
      retryAfterSeconds: 2,
    });
  }
  // Messages of class 22 (data exception) quote the value that did not fit.
  const message = sqlState.startsWith('22') ? 'a value did not fit its type' : error.message;
  const table = textField(error, 'table');
  return new QueryError({ message, sqlState, constraint: textField(error, 'constraint'), table });
};

/**
 * AppError `database_unavailable` when no answer came, `timed_out` when a limit was reached, otherwise a `QueryError`.
 * What did not come from the database is returned as it is.
 */
export const translateDatabaseError = (thrown: unknown): unknown => {
  const error = innermost(thrown);
  if (!(error instanceof Error) || error instanceof AppError || error instanceof QueryError) return error;
  const code = textField(error, 'code');
  if (code !== undefined && /^[0-9A-Z]{5}$/.test(code) && 'severity' in error) return fromSqlState(error, code);
  if (code !== undefined && UNAVAILABLE_CODES.has(code)) return databaseUnavailable(error);
  if (error.message === 'Query read timeout' || UNAVAILABLE_MESSAGES.test(error.message))
    return databaseUnavailable(error);
  return error;
};

const hasState = (thrown: unknown, ...states: string[]): thrown is QueryError =>
  thrown instanceof QueryError && states.includes(thrown.sqlState);

/** Whether a row with the same key exists already; `constraint` narrows it to one. */
export const isUniqueViolation = (thrown: unknown, constraint?: string): boolean =>
  hasState(thrown, SQL_STATES.unique_violation) && (constraint === undefined || thrown.constraint === constraint);

/** Whether what the row refers to is not there, e.g. because it was removed a moment ago. */
export const isForeignKeyViolation = (thrown: unknown): boolean => hasState(thrown, SQL_STATES.foreign_key_violation);

/** Whether the same transaction, run again, may succeed. */
export const isSerializationConflict = (thrown: unknown): boolean =>
  hasState(thrown, SQL_STATES.serialization_failure, SQL_STATES.deadlock_detected);
