import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;
/** Keeps a peer that fails at once from being asked in a busy loop. */
const SHORTEST_PAUSE_MS = 20;

/** Full jitter over a doubling pause. */
const pauseMs = (failures: number): number =>
  SHORTEST_PAUSE_MS + Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10));

export interface Attempt {
  /** Ends with the whole or with this attempt: nothing of one attempt may go on beside the next. */
  signal: AbortSignal;
  /** To be called when the attempt has come through: the next failure is a first one again. */
  succeeded(): void;
}

/** Attempts again and again, with pauses that grow up to 5 s, until `signal` aborts. Every failure is told to `failed`. */
export const keepTrying = async (
  signal: AbortSignal,
  attempt: (attempt: Attempt) => Promise<never>,
  failed: (error: unknown) => void,
): Promise<void> => {
  let failures = 0;
  while (!signal.aborted) {
    const controller = new AbortController();
    const abort = () => controller.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const succeeded = () => {
      failures = 0;
    };
    try {
      await attempt({ signal: controller.signal, succeeded });
    } catch (error) {
      if (!signal.aborted) failed(error);
    } finally {
      controller.abort();
      signal.removeEventListener('abort', abort);
    }
    await untilNext(pauseMs(failures), signal);
    failures += 1;
  }
};

const untilNext = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    // An abort only cuts the pause short; the loop looks at the signal itself.
    if (!signal.aborted) throw error;
  }
};
