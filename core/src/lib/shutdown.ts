import type { Log } from './log.ts';

/** Stops what was started, in the reverse order. A step that fails or hangs does not keep the others from stopping. */
export interface Shutdown {
  /** Registers `stop`; the last one added stops first. */
  add(name: string, stop: () => Promise<void> | void): void;
  /** Runs every step once, each for at most `stepTimeoutMs`; later calls wait for the same run. */
  run(): Promise<void>;
}

const withDeadline = async (work: Promise<void>, timeoutMs: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not stop within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

export const createShutdown = (log: Log, stepTimeoutMs = 4000): Shutdown => {
  const steps: { name: string; stop: () => Promise<void> | void }[] = [];
  let running: Promise<void> | undefined;

  const stopAll = async () => {
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      const { name, stop } = step;
      try {
        await withDeadline(Promise.resolve().then(stop), stepTimeoutMs);
      } catch (error) {
        // Recorded and passed over: the remaining steps protect data (the database stops last).
        log.error('stop step failed', { step: name, error });
      }
    }
  };
  return {
    add: (name, stop) => {
      steps.push({ name, stop });
    },
    run: () => {
      running ??= stopAll();
      return running;
    },
  };
};
