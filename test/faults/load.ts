/**
 * The clients of a fault test: sessions that begin, go on and end, a node that is renamed, preferences that change, samples that
 * are sent. Each notes what it tried and what it was told. They go on through every failure, because real ones would.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_PREFERENCES, Preferences } from '@serverbox/contract/preferences';
import type { Register, Tally } from '../../lab/faults/tally.ts';
import { createRegister, createTally } from '../../lab/faults/tally.ts';
import type { Session } from './api.ts';
import { CallFailed, call, login, refresh } from './api.ts';
import type { MetricAgent } from './metric-agent.ts';

/** What clients were told since the installation was made. */
export type Ledger = {
  /** The newest tokens of every session that nobody tried to end, by its id. */
  sessions: Map<string, Session>;
  /** Sessions whose end was acknowledged. */
  ended: Map<string, Session>;
  name: Register;
  preferences: Register;
  /** Acts that the audit trail must hold with the outcome `ok`. */
  acts: Tally;
  /** The same for preferences, which the trail does not tell apart: how many were acknowledged and tried. */
  preferenceActs: { acknowledged: number; attempted: number };
  failures: number;
};

const textOf = (preferences: Preferences): string => JSON.stringify(Preferences.parse(preferences));

export const createLedger = (nodeName: string): Ledger => ({
  sessions: new Map(),
  ended: new Map(),
  name: createRegister(nodeName),
  preferences: createRegister(textOf(DEFAULT_PREFERENCES)),
  acts: createTally(),
  preferenceActs: { acknowledged: 0, attempted: 0 },
  failures: 0,
});

/** The preferences of a user as the ledger writes them. */
export const preferencesText = (stored: unknown): string => textOf(Preferences.parse(stored));

const REST_MS = 5;
const RETRY_MS = 40;
const SAMPLE_MS = 20;
const MAX_UNANSWERED_MS = 8000;
const STEPS_BEFORE_LEAVING = 40;

const ACCENTS = Preferences.shape.accent.options;
const SIZES = Preferences.shape.fontSize.options;
const RADII = Preferences.shape.radius.options;
const at = <T>(values: readonly T[], index: number): T => values[index % values.length] as T;
/** Sixty different ones in turn. */
const preferencesOf = (n: number): Preferences => ({
  ...DEFAULT_PREFERENCES,
  accent: at(ACCENTS, n),
  fontSize: at(SIZES, n),
  radius: at(RADII, n),
});

export type Load = {
  /** Resolves when every call in flight is answered or failed. */
  stop(): Promise<void>;
};

export type LoadTarget = { url: string; nodeId: string; ledger: Ledger; metricAgent: MetricAgent };

type Step = () => Promise<void>;

/** A login, noted; the session is kept from then on. */
const begin = async ({ url, ledger }: LoadTarget): Promise<Session> => {
  const session = await login(url);
  ledger.sessions.set(session.id, session);
  ledger.acts.attempt(`auth.login ${session.id}`);
  ledger.acts.acknowledge(`auth.login ${session.id}`);
  return session;
};

/**
 * A refresh after the other. The core answers a token that it has replaced already for ten seconds only, because after that it
 * takes the return for a theft: who got no answer for longer does not try again, and gives the session up.
 */
const createRefresher = ({ url, ledger }: LoadTarget, first: Session): Step => {
  let session = first;
  let unansweredSinceMs: number | undefined;
  return async () => {
    if (!ledger.sessions.has(session.id)) return;
    if (performance.now() - (unansweredSinceMs ?? performance.now()) > MAX_UNANSWERED_MS) {
      ledger.sessions.delete(session.id);
      return;
    }
    unansweredSinceMs ??= performance.now();
    session = await refresh(url, session);
    unansweredSinceMs = undefined;
    ledger.sessions.set(session.id, session);
  };
};

/** A logout after a moment; then nothing more. */
const createLeaver = ({ url, ledger }: LoadTarget, session: Session): Step => {
  const act = `auth.logout ${session.id}`;
  let step = 0;
  return async () => {
    step += 1;
    if (step < STEPS_BEFORE_LEAVING || ledger.ended.has(session.id)) return;
    // From now on nobody can tell whether it lives, until the answer is there.
    ledger.sessions.delete(session.id);
    ledger.acts.attempt(act);
    try {
      await call(url, '/auth/logout', { method: 'POST', token: session.accessToken });
      ledger.acts.acknowledge(act);
    } catch (error) {
      // Refused: an earlier attempt, whose answer was lost, has ended it.
      if (!(error instanceof CallFailed && error.status === 401)) throw error;
    }
    ledger.ended.set(session.id, session);
  };
};

/** One write of a register, noted before and after. */
const write = async (register: Register, value: string, work: () => Promise<unknown>): Promise<void> => {
  register.attempt(value);
  try {
    await work();
  } catch (error) {
    if (error instanceof CallFailed && error.status === 0) register.leaveOpen(value);
    throw error;
  }
  register.acknowledge(value);
};

const createRenamer = ({ url, ledger, nodeId }: LoadTarget, { accessToken: token }: Session): Step => {
  return async () => {
    const name = `box-${ledger.acts.attempted.size}`;
    ledger.acts.attempt(`node.update ${name}`);
    await write(ledger.name, name, () => call(url, `/api/nodes/${nodeId}`, { method: 'PATCH', token, body: { name } }));
    ledger.acts.acknowledge(`node.update ${name}`);
  };
};

const createChooser = ({ url, ledger }: LoadTarget, { accessToken: token }: Session): Step => {
  return async () => {
    const preferences = preferencesOf(ledger.preferenceActs.attempted);
    ledger.preferenceActs.attempted += 1;
    await write(ledger.preferences, textOf(preferences), () =>
      call(url, '/api/preferences', { method: 'PUT', token, body: preferences }),
    );
    ledger.preferenceActs.acknowledged += 1;
  };
};

/** Signs in, then starts every client; each goes on through failures until stopped. */
export const startLoad = async (target: LoadTarget): Promise<Load> => {
  const { ledger, metricAgent } = target;
  let isStopped = false;
  const repeat = async (step: Step): Promise<void> => {
    while (!isStopped) {
      try {
        await step();
        await sleep(REST_MS);
      } catch (error) {
        if (!(error instanceof CallFailed)) throw error;
        ledger.failures += 1;
        await sleep(RETRY_MS);
      }
    }
  };
  const steps: Step[] = [];
  // One after the other and before any fault: guessing is limited by address, and a failed login counts as a guess.
  for (const create of [createRefresher, createRefresher, createLeaver, createRenamer, createChooser])
    steps.push(create(target, await begin(target)));
  const sampling = setInterval(() => metricAgent.sample(), SAMPLE_MS);
  const clients = steps.map(repeat);
  return {
    stop: async () => {
      isStopped = true;
      clearInterval(sampling);
      await Promise.all(clients);
    },
  };
};
