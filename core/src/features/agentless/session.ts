/**
 * Measures one node over one SSH link: asks the sampler for each sample, so that the pace is ours, a slow node is never
 * asked again before it has answered, and nothing is printed that nobody waits for.
 */
import { duplexPair } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { NodeId } from '@serverbox/contract/ids';
import { WATCHED_INTERVAL_MS } from '@serverbox/contract/metrics';
import type { NodeFacts } from '@serverbox/contract/wire';
import type { Clock } from '../../lib/clock.ts';
import { AppError } from '../../lib/errors.ts';
import type { ExecStream, NodeLink } from '../../lib/link/link.ts';
import type { Frame } from './frames.ts';
import { createFrameReader, FrameError } from './frames.ts';
import { clockOf, createMeasure } from './measure.ts';
import { parseFacts } from './parse/facts.ts';
import type { AttachMetrics, IdleIntervalMs } from './ports.ts';
import { SAMPLER } from './script.ts';
import type { Talk } from './talk.ts';
import { openTalk } from './talk.ts';

export interface SessionDeps {
  attachMetrics: AttachMetrics;
  idleIntervalMs: IdleIntervalMs;
  clock: Clock;
}

/** After a day the sampler is started anew; a deadline is asked for by every command. */
const SESSION_MS = 86_400_000;
const ANSWER_TIMEOUT_MS = 20_000;
/** Disks and sensors change slowly, and looking at them costs the node a few programs. */
const DETAIL_EVERY_MS = 5000;
const FACTS_EVERY_MS = 300_000;
const SECOND_READING_MS = 1000;
/** The node's clock is known to the second: less than this is no step. */
const CLOCK_STEP_MS = 1500;

/** Asks one question after another. @throws FrameError, AppError `timed_out` | `node_unreachable` */
const createAsk = (command: ExecStream) => {
  const reader = createFrameReader();
  const output = command.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let number = 0;
  const readAnswer = async (): Promise<Frame> => {
    for (;;) {
      const { value, done } = await output.next();
      if (done === true) throw new AppError('node_unreachable', 'The sampler on the node ended.');
      const frame = reader.take(value, number);
      if (frame !== undefined) return frame;
    }
  };
  return async (what: string): Promise<Frame> => {
    number += 1;
    command.stdin.write(`${number} ${what}\n`);
    const late = setTimeout(
      () => command.stdout.destroy(new AppError('timed_out', 'The sampler on the node does not answer.')),
      ANSWER_TIMEOUT_MS,
    );
    try {
      return await readAnswer();
    } finally {
      clearTimeout(late);
    }
  };
};
type Ask = ReturnType<typeof createAsk>;

const waitForNext = async (talk: Talk, idleMs: number, startedMs: number, clock: Clock, signal: AbortSignal) => {
  for (;;) {
    signal.throwIfAborted();
    const intervalMs = talk.isWatched ? Math.min(WATCHED_INTERVAL_MS, idleMs) : idleMs;
    const leftMs = startedMs + intervalMs - clock.monotonicMs();
    if (leftMs <= 0) return;
    const changed = AbortSignal.any([signal, talk.paceChanged]);
    await delay(leftMs, undefined, { signal: changed }).catch(() => undefined); // another pace, or the end, which the loop finds
  }
};

/** The node's clock against ours, as the last answer with details told it. */
const createSkew = (clock: Clock) => {
  let skewMs = 0;
  return {
    note: (frame: Frame): void => {
      const nowMs = clock.now().getTime();
      const measuredMs = (clockOf(frame) ?? nowMs) - nowMs;
      if (Math.abs(measuredMs - skewMs) > CLOCK_STEP_MS) skewMs = measuredMs;
    },
    nodeNowMs: (): number => Math.max(1, clock.now().getTime() + skewMs),
  };
};

/** What to ask for now: all of it seldom. */
const createAgenda = (clock: Clock) => {
  let detailAtMs = Number.NEGATIVE_INFINITY;
  let factsAtMs = clock.monotonicMs();
  return (): string => {
    const nowMs = clock.monotonicMs();
    const wantsFacts = nowMs - factsAtMs >= FACTS_EVERY_MS;
    if (!wantsFacts && nowMs - detailAtMs < DETAIL_EVERY_MS) return 's';
    detailAtMs = nowMs;
    if (!wantsFacts) return 'sd';
    factsAtMs = nowMs;
    return 'sdf';
  };
};

const measure = async (deps: SessionDeps, nodeId: NodeId, ask: Ask, talk: Talk, signal: AbortSignal): Promise<void> => {
  const { clock, idleIntervalMs } = deps;
  const toMeasurement = createMeasure();
  const skew = createSkew(clock);
  const nextQuestion = createAgenda(clock);
  const factsOf = (frame: Frame): NodeFacts => {
    const found = parseFacts(frame);
    if (found === undefined) throw new FrameError('there is no /proc as Linux has it');
    return found;
  };

  const first = await ask('sdf');
  let facts = factsOf(first);
  skew.note(first);
  toMeasurement(first); // counters need a second reading
  await talk.hello(nodeId, facts, skew.nodeNowMs());
  await delay(SECOND_READING_MS, undefined, { signal });
  for (;;) {
    const startedMs = clock.monotonicMs();
    const frame = await ask(nextQuestion());
    skew.note(frame);
    await talk.sample(toMeasurement(frame), skew.nodeNowMs());
    const told = frame.has('@arch') ? factsOf(frame) : facts;
    if (!isDeepStrictEqual(told, facts)) await talk.facts(told);
    facts = told;
    const idleMs = idleIntervalMs(nodeId);
    if (idleMs === undefined) return;
    await waitForNext(talk, idleMs, startedMs, clock, signal);
  }
};

/**
 * Until the link or `signal` ends, or the sampler does. Leaves nothing behind on the node.
 * @throws FrameError when the node answers what cannot be used, AppError as a link does
 */
export const runSession = async (
  deps: SessionDeps,
  nodeId: NodeId,
  link: NodeLink,
  signal: AbortSignal,
): Promise<void> => {
  const over = new AbortController();
  const ends = AbortSignal.any([signal, link.closed, over.signal]);
  const command = await link.exec(SAMPLER, { timeoutMs: SESSION_MS, signal: ends, isBackground: true });
  command.stderr.resume();
  const [ours, theirs] = duplexPair();
  ours.on('error', () => undefined); // shows where it is read
  const attached = deps.attachMetrics(nodeId, theirs, ends).finally(() => over.abort());
  try {
    await measure(deps, nodeId, createAsk(command), openTalk(ours), ends);
  } catch (error) {
    if (!ends.aborted) throw error;
  } finally {
    over.abort();
    ours.destroy();
    command.stdin.end();
    command.stdout.destroy();
    await attached;
  }
};
