/**
 * Kill cycles: parts of an installation, or all of it, end as in a power cut while clients work; afterwards everything that was
 * acknowledged is there, once. Five cycles by default, `FAULT_CYCLES` for more; `FAULT_SEED` repeats a run.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Stage, Victim } from './stage.ts';
import { openStage } from './stage.ts';

const CYCLES = Number(process.env.FAULT_CYCLES ?? 5);
const SEED = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000);
const MAX_RECOVERY_MS = 30_000;
const CYCLE_TIMEOUT_MS = 60_000;

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
const createRandom = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

type Fault = { name: string; happen(stage: Stage, random: () => number): Promise<void> };

const killing = (...victims: Victim[]): Fault => ({
  name: victims.join(' and '),
  happen: (stage) => stage.kill(victims),
});
/** The second dies while the first is on its way back. */
const killingInTurn = (first: Victim, second: Victim): Fault => ({
  name: `${first}, then ${second}`,
  happen: async (stage, random) => {
    await stage.kill([first]);
    await sleep(random() * 400);
    await stage.kill([second]);
  },
});

const FAULTS: readonly Fault[] = [
  killing('core'),
  killing('database'),
  {
    name: 'agent, and a cut link',
    happen: async (stage) => {
      stage.metricAgent.cut();
      await stage.kill(['agent']);
    },
  },
  killing('core', 'database', 'agent'),
  killingInTurn('core', 'database'),
  killingInTurn('database', 'core'),
  killing('core', 'database'),
];

const reportOf = ({ ledger, metricAgent }: Stage) => ({
  sessions: ledger.sessions.size + ledger.ended.size,
  renames: ledger.name.acknowledgedCount,
  preferences: ledger.preferences.acknowledgedCount,
  acts: ledger.acts.acknowledged.size + ledger.preferenceActs.acknowledged,
  samples: metricAgent.tally.acknowledged.size,
  failures: ledger.failures,
});

test('DB-1 DB-2 DB-3 killed in the middle of work, an installation loses nothing that it acknowledged', {
  timeout: 60_000 + CYCLES * CYCLE_TIMEOUT_MS,
}, async () => {
  const random = createRandom(SEED);
  const stage = await openStage();
  onTestFinished(() => stage.close());
  const recoveries: number[] = [];
  for (let cycle = 0; cycle < CYCLES; cycle += 1) {
    const fault = FAULTS[cycle % FAULTS.length] as Fault;
    const { recoveryMs } = await stage.underLoad(300 + random() * 900, () => fault.happen(stage, random));
    const where = `cycle ${cycle + 1}, seed ${SEED}: ${fault.name}`;
    expect(await stage.inspect(), where).toEqual([]);
    expect(recoveryMs, where).toBeLessThan(MAX_RECOVERY_MS);
    recoveries.push(Math.round(recoveryMs));
  }
  console.info(`kill cycles with seed ${SEED}: recovered in ${recoveries.join(', ')} ms;`, reportOf(stage));
  // A tally of nothing would prove nothing.
  for (const count of Object.values(reportOf(stage))) expect(count).toBeGreaterThan(CYCLES);
});
