import type { NodeId } from '@serverbox/contract/ids';
import type { NodeStatus } from '@serverbox/contract/nodes';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Clock } from '../../lib/clock.ts';
import { newId } from '../../lib/ids.ts';
import { silentLog } from '../../lib/log.ts';
import { createSilence } from './silence.ts';
import { nodeStatus } from './status.ts';
import { createStatusWatch } from './status-watch.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TICK_MS = 5000;
const LOSS_RATIO = 0.3;

/** Chance that is the same in each run of a seed. */
const createRandom = (seed: number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

/** A clock of which the test sets back and forward what people see; the machine's own count goes on. */
const createSteppedClock = (): Clock & { advance(ms: number): void; step(ms: number): void } => {
  let [elapsedMs, stepMs] = [0, 0];
  return {
    now: () => new Date(Date.UTC(2026, 2, 1) + elapsedMs + stepMs),
    monotonicMs: () => elapsedMs,
    advance: (ms) => {
      elapsedMs += ms;
    },
    step: (ms) => {
      stepMs += ms;
    },
  };
};

interface Seen {
  atMs: number;
  status: NodeStatus;
}

/** What the core knows of its one node. */
interface Known {
  id: NodeId;
  lastSampleAt: Date;
  linkedAt: Date | undefined;
}

const startCore = (clock: Clock, known: Known) => {
  const startedMs = clock.monotonicMs();
  const silence = createSilence(clock);
  return createStatusWatch<{ id: NodeId }>({
    clock,
    log: silentLog,
    listNodes: async () => [{ id: known.id }],
    judge: () => {
      const { id, lastSampleAt, linkedAt } = known;
      const isLinked = linkedAt !== undefined;
      const state = isLinked ? 'up' : 'down';
      return nodeStatus({
        nowMs: clock.now().getTime(),
        upMs: clock.monotonicMs() - startedMs,
        ...silence.look(id, { lastSampleAt, isLinked }),
        everyMs: undefined,
        ways: [{ way: 'agent', state, isInUse: isLinked, text: '', since: null }],
        isLinked,
        mayReport: true,
        readings: [],
        detail: undefined,
        cpuCores: 2,
        conflict: null,
      });
    },
    findBeginning: (_, state) => (state === 'offline' || state === 'unknown' ? known.lastSampleAt : known.linkedAt),
    onChange: () => undefined,
    onGone: silence.forget,
  });
};

/** A link breaks about every ten minutes and comes back within 20 s, as the agent's back-off has it. */
const createLinkOf = (known: Known, clock: Clock, random: () => number) => {
  let backAtMs = 0;
  return {
    breakFor: (atMs: number, maxMs: number) => {
      known.linkedAt = undefined;
      backAtMs = atMs + random() * maxMs;
    },
    live: (atMs: number) => {
      if (known.linkedAt === undefined && atMs >= backAtMs) known.linkedAt = clock.now();
    },
  };
};

/** One node and its core through a day, five seconds at a time. The node is silent from `diesAtMs` on. */
const simulate = async (seed: number, diesAtMs = DAY_MS): Promise<Seen[]> => {
  const random = createRandom(seed);
  const clock = createSteppedClock();
  const known: Known = { id: newId<NodeId>(), lastSampleAt: clock.now(), linkedAt: clock.now() };
  const link = createLinkOf(known, clock, random);
  const seen: Seen[] = [];
  let watch = startCore(clock, known);
  for (let atMs = 0; atMs < DAY_MS; atMs += TICK_MS) {
    clock.advance(TICK_MS);
    const isAlive = atMs < diesAtMs;
    if (known.linkedAt !== undefined && (!isAlive || random() < 1 / 120)) link.breakFor(atMs, 20_000);
    if (random() < 1 / 2000) clock.step((random() - 0.5) * 2 * HOUR_MS);
    if (random() < 1 / 4000) {
      // The core is away for up to ten minutes, and all agents come back within a minute.
      clock.advance(random() * 600_000);
      link.breakFor(atMs, 55_000);
      watch = startCore(clock, known);
    }
    if (isAlive) link.live(atMs);
    if (known.linkedAt !== undefined && random() >= LOSS_RATIO) known.lastSampleAt = clock.now();
    await watch.look();
    seen.push({ atMs, status: watch.statusOf({ id: known.id }) });
  }
  return seen;
};

test('NO-1 NO-3 a day of 30 % loss, broken links, stepped clocks and restarted cores raises no false alarm', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1 }), async (seed) => {
      const seen = await simulate(seed);
      expect(seen.filter(({ status }) => status.state === 'offline')).toEqual([]);
      const online = seen.filter(({ status }) => status.state === 'online').length;
      expect(online / seen.length).toBeGreaterThan(0.97);
    }),
    { numRuns: 12 },
  );
});

test('NO-1 a node that dies is told as offline within 35 s, once, and stays so whatever the clock does', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1 }),
      fc.integer({ min: HOUR_MS, max: DAY_MS - HOUR_MS }),
      async (seed, diesAtMs) => {
        const seen = await simulate(seed, diesAtMs);
        const after = seen.filter(({ atMs, status }) => atMs > diesAtMs + 35_000 && status.state !== 'offline');
        // Only a core that has just started does not say it yet: two minutes at most, and it says why.
        for (const { status } of after) expect(status.reason).toContain('has just started');
        expect(seen.at(-1)?.status.since).not.toBeNull();
        const before = seen.filter(({ atMs, status }) => atMs < diesAtMs && status.state === 'offline');
        expect(before).toEqual([]);
      },
    ),
    { numRuns: 8 },
  );
});

test('NO-2 P8 a node whose judgement fails harms only itself', async () => {
  const clock = createSteppedClock();
  const [bad, good] = [newId<NodeId>(), newId<NodeId>()];
  const changed: NodeId[] = [];
  let isGoodOnline = false;
  const watch = createStatusWatch<{ id: NodeId }>({
    clock,
    log: silentLog,
    listNodes: async () => [{ id: bad }, { id: good }],
    judge: ({ id }) => {
      if (id === bad) throw new Error('what is known of it makes no sense');
      return { state: isGoodOnline ? 'online' : 'unknown', reason: '' };
    },
    findBeginning: () => undefined,
    onChange: (id) => changed.push(id),
    onGone: () => undefined,
  });
  await watch.look();
  isGoodOnline = true;
  await watch.look();
  expect(changed).toEqual([good]);
  expect(watch.statusOf({ id: bad })).toMatchObject({ state: 'unknown' });
});
