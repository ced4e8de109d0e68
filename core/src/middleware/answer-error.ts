import type { ErrorBody } from '@serverbox/contract/errors';
import type { AppError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { toAppError } from './trpc-errors.ts';

/** The REST body of anything thrown. A defect of ours is logged here, once, under the request id. */
export const answerError = (thrown: unknown, requestId: string, log: Log): { error: AppError; body: ErrorBody } => {
  const error = toAppError(thrown);
  if (error.code === 'internal') log.error('request failed', { requestId, error: error.cause ?? error });
  return { error, body: { error: { code: error.code, message: error.message, requestId } } };
};

export const errorHeaders = (error: AppError): Record<string, string> =>
  error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(Math.ceil(error.retryAfterSeconds)) };
