import { AppError } from '../errors.ts';

export interface Deadline {
  signal: AbortSignal;
  /** Ends the deadline; the caller's signal still counts. */
  disarm(): void;
  /** Ends both, so that a long-lived signal of the caller keeps nothing alive. */
  release(): void;
}

/** A signal that aborts with the caller's or, as `timed_out`, after `timeoutMs`, whichever is first. */
export const createDeadline = (timeoutMs: number, signal?: AbortSignal): Deadline => {
  const controller = new AbortController();
  const onAbort = () => controller.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const late = () => controller.abort(new AppError('timed_out', 'Docker did not answer in time.'));
  const timer = setTimeout(late, timeoutMs);
  return {
    signal: controller.signal,
    disarm: () => clearTimeout(timer),
    release: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
};
