/** Walks the hops of one way in order. A hop that fails takes those with it that need it; each has a deadline. */
import type { DOCTOR_HOPS, DoctorHop } from '@serverbox/contract/doctor';
import type { Way } from '@serverbox/contract/ways';
import type { Clock } from '../../lib/clock.ts';
import { AppError } from '../../lib/errors.ts';
import { oneLine } from './one-line.ts';

export type Hop = (typeof DOCTOR_HOPS)[number];
/** A failure and a warning say what to do; the rest need not. */
export type Finding =
  | { result: 'ok' | 'skipped'; text: string }
  | { result: 'warning' | 'failed'; text: string; advice: string };

export interface Step {
  hop: Hop;
  check(): Finding | Promise<Finding>;
  /** What to do when the check throws or takes too long. */
  advice: string;
  /** Hops of the same walk without which this one says nothing. */
  needs?: readonly Hop[];
}

export interface WalkDeps {
  clock: Clock;
  /** Aborts when the time for everything is over. */
  signal: AbortSignal;
}

const HOP_TIMEOUT_MS = 10_000;
const NOT_TRIED = 'Not tried, because of what failed above.';
const NO_TIME = 'Not tried: the time for the whole check was over.';

export const ok = (text: string): Finding => ({ result: 'ok', text });
export const skipped = (text: string): Finding => ({ result: 'skipped', text });
export const failed = (text: string, advice: string): Finding => ({ result: 'failed', text, advice });
export const warning = (text: string, advice: string): Finding => ({ result: 'warning', text, advice });

/** Rejects when the hop takes too long or the time for everything is over; what was begun has its own end. */
const inTime = async (work: Promise<Finding>, signal: AbortSignal): Promise<Finding> => {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(HOP_TIMEOUT_MS)]);
  const late = Promise.withResolvers<never>();
  const onAbort = () => late.reject(new AppError('timed_out', 'No answer came in time.'));
  deadline.addEventListener('abort', onAbort, { once: true });
  work.catch(() => undefined); // nobody waits for it once it is late
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    deadline.removeEventListener('abort', onAbort);
  }
};

const run = async ({ check, advice }: Step, signal: AbortSignal): Promise<Finding> => {
  try {
    return await inTime((async () => check())(), signal);
  } catch (error) {
    return failed(error instanceof Error ? error.message : 'Something failed that should not.', advice);
  }
};

export const walk = async ({ clock, signal }: WalkDeps, way: Way, steps: readonly Step[]): Promise<DoctorHop[]> => {
  const hops: DoctorHop[] = [];
  const broken = new Set<Hop>();
  for (const step of steps) {
    const startedMs = clock.monotonicMs();
    const isBroken = step.needs?.some((hop) => broken.has(hop)) ?? false;
    const isTried = !isBroken && !signal.aborted;
    const finding = isTried ? await run(step, signal) : skipped(isBroken ? NOT_TRIED : NO_TIME);
    if (!isTried || finding.result === 'failed') broken.add(step.hop);
    hops.push({
      hop: step.hop,
      way,
      result: finding.result,
      text: oneLine(finding.text),
      advice: 'advice' in finding ? finding.advice : null,
      tookMs: isTried ? Math.round(clock.monotonicMs() - startedMs) : null,
    });
  }
  return hops;
};
