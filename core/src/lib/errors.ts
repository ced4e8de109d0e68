import type { ErrorCode } from '@serverbox/contract/errors';
import { ERRORS } from '@serverbox/contract/errors';

export interface AppErrorOptions {
  /** For the log only, never for an answer. Must hold no secret. */
  detail?: Record<string, unknown>;
  cause?: unknown;
  /** Seconds after which a new attempt makes sense: becomes `Retry-After`. */
  retryAfterSeconds?: number;
}

/**
 * The one error of the product: a code of the closed list and a sentence for people. Thrown where the knowledge is,
 * translated once per surface (tRPC, REST, streams). Any other error that reaches a surface is a defect: `internal`.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly detail: Record<string, unknown>;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.detail = options.detail ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

export const notFound = (what: string): AppError => new AppError('not_found', `${what} was not found.`);

/** For the `default` of a switch over a union: the compiler proves that it cannot be reached. */
export const unreachableCase = (value: never): never => {
  throw new Error(`unreachable case: ${String(value)}`);
};

/** The message of anything thrown: libraries throw more than errors. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
