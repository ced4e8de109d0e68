import type { ErrorCode } from '@serverbox/contract/errors';
import { ERRORS } from '@serverbox/contract/errors';
import { TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import { AppError } from '../lib/errors.ts';
import type { RequestContext } from './ports.ts';

/** What is wrong with an input: the field and the rule, never the value. */
const zodMessage = (error: ZodError): string =>
  error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.length === 0 ? 'The input' : issue.path.join('.')}: ${issue.message}`)
    .join('; ');

/** tRPC's own refusals that are the caller's doing. */
const UNREADABLE = ['BAD_REQUEST', 'PARSE_ERROR', 'METHOD_NOT_SUPPORTED', 'UNSUPPORTED_MEDIA_TYPE'];

const fromTrpc = (thrown: TRPCError): AppError | undefined => {
  if (thrown.cause instanceof AppError) return thrown.cause;
  // A ZodError of our *output* is our defect, not the caller's: tRPC gives it another code.
  if (thrown.cause instanceof ZodError && thrown.code === 'BAD_REQUEST') return toAppError(thrown.cause);
  if (thrown.code === 'NOT_FOUND') return new AppError('not_found', 'There is no such procedure.');
  if (thrown.code === 'PAYLOAD_TOO_LARGE') return new AppError('payload_too_large', 'The body is too large.');
  if (!UNREADABLE.includes(thrown.code)) return undefined;
  return new AppError('bad_request', 'The request cannot be read.', { cause: thrown });
};

/** Anything thrown, as an AppError. What is not ours becomes `internal` with a neutral sentence; the cause stays inside. */
export const toAppError = (thrown: unknown): AppError => {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof ZodError) return new AppError('bad_request', zodMessage(thrown), { cause: thrown });
  const known = thrown instanceof TRPCError ? fromTrpc(thrown) : undefined;
  const sentence = 'Something went wrong in Server Box; the request id finds it in the log.';
  return known ?? new AppError('internal', sentence, { cause: thrown });
};

/** tRPC's error body: our code, a sentence, the request id; no stack, no path, no input. */
export const trpcErrorShape = ({
  shape,
  error,
  ctx,
}: {
  shape: { message: string; code: number; data: { code: string; httpStatus: number } };
  error: TRPCError;
  ctx: RequestContext | undefined;
}): {
  message: string;
  code: number;
  data: { code: string; httpStatus: number; errorCode: ErrorCode; requestId: string };
} => {
  const ours = toAppError(error);
  return {
    code: shape.code,
    message: ours.message,
    data: {
      code: shape.data.code,
      httpStatus: ERRORS[ours.code].status,
      errorCode: ours.code,
      requestId: ctx?.requestId ?? '',
    },
  };
};
