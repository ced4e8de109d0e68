import type { DestinationStream } from 'pino';
import { pino } from 'pino';
import { AppError } from './errors.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Structured, past tense, constant message; everything that varies is a field. Secrets are wrapped in `Secret`. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  /** A log that adds these fields to every line. */
  with(fields: Record<string, unknown>): Log;
}

/**
 * A value that must not be printed. Redaction goes by type, not by key name: whatever path a secret takes into a log line,
 * an error or JSON, it shows as `[secret]`. `reveal` is greppable.
 */
export class Secret<T extends string | Buffer = string> {
  readonly #value: T;
  constructor(value: T) {
    this.#value = value;
  }
  reveal(): T {
    return this.#value;
  }
  toJSON(): string {
    return '[secret]';
  }
  toString(): string {
    return '[secret]';
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}

const MAX_CAUSES = 5;

/** What a log line shows of an error: never its enumerable extras, which may hold inputs (pg, zod and undici attach them). */
const describeError = (error: Error, depth = 0): Record<string, unknown> => ({
  name: error.name,
  message: error.message,
  ...(error instanceof AppError ? { code: error.code, ...error.detail } : {}),
  ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
  stack: depth === 0 ? error.stack : undefined,
  cause: error.cause instanceof Error && depth < MAX_CAUSES ? describeError(error.cause, depth + 1) : undefined,
});

const printable = (fields: Record<string, unknown>): Record<string, unknown> => {
  const entries = Object.entries(fields).map(([key, value]) => [
    key,
    value instanceof Error ? describeError(value) : value,
  ]);
  return Object.fromEntries(entries);
};

const wrap = (logger: pino.Logger): Log => ({
  debug: (message, fields = {}) => logger.debug(printable(fields), message),
  info: (message, fields = {}) => logger.info(printable(fields), message),
  warn: (message, fields = {}) => logger.warn(printable(fields), message),
  error: (message, fields = {}) => logger.error(printable(fields), message),
  with: (fields) => wrap(logger.child(printable(fields))),
});

/** JSON lines on standard output, or wherever `destination` says. */
export const createLog = (level: LogLevel, destination?: DestinationStream): Log => {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  return wrap(destination === undefined ? pino(options) : pino(options, destination));
};

/** A log that keeps nothing: for tests whose subject is elsewhere. */
export const silentLog: Log = wrap(pino({ level: 'silent' }));
