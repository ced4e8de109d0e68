/** Time as a dependency, so that tests own it. `now` is the wall clock; `monotonicMs` never steps back. */
export interface Clock {
  now(): Date;
  monotonicMs(): number;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
};

/** A clock that stands still until told: for tests. */
export const fakeClock = (startAt: Date): Clock & { advance(ms: number): void } => {
  let elapsedMs = 0;
  return {
    now: () => new Date(startAt.getTime() + elapsedMs),
    monotonicMs: () => elapsedMs,
    advance: (ms) => {
      elapsedMs += ms;
    },
  };
};
