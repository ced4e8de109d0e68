import { AppError } from '../lib/errors.ts';

/**
 * The result of work for a client, or `left` when the client went away and the work broke off for that reason: whatever was
 * aborted then is no defect. An AppError stays one, since it says what happened before that.
 */
export const untilLeft = async <T>(signal: AbortSignal, work: Promise<T>, left: T): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted && !(error instanceof AppError)) return left;
    throw error;
  }
};
