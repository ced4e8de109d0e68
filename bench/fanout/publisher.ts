/** Publishes an event at a steady rate and carries the time at which it did, by the clock that all processes share. */
import { HOST_FIELDS } from '@serverbox/contract/metrics';

/** Milliseconds of the kernel's monotonic clock. */
export const sharedNow = (): number => Number(process.hrtime.bigint()) / 1e6;

export const VALUES = HOST_FIELDS.map((_, index) => index * 3.25);
export const NODE_ID = '0197c5a0-0000-7000-8000-000000000001';
export const TOPIC = `metrics:${NODE_ID}`;

const SLOT_MS = 2;

export const createPublisher = (publish: () => void) => {
  let timer: NodeJS.Timeout | undefined;
  return {
    /** Zero stops it. */
    setRate: (perSecond: number): void => {
      clearInterval(timer);
      if (perSecond === 0) return;
      const startedAt = performance.now();
      let published = 0;
      timer = setInterval(() => {
        const due = ((performance.now() - startedAt) / 1000) * perSecond;
        for (; published < due; published += 1) publish();
      }, SLOT_MS);
    },
  };
};
