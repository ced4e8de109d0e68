/** The clock of the core is set while it runs. The database keeps its own, and decides what has expired. */
import { expect, onTestFinished, test } from 'vitest';
import { openWrongClock } from '../../lab/faults/wrong-clock.ts';
import type { Session } from './api.ts';
import { CallFailed, call, login, refresh } from './api.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';
import { withStore } from './store.ts';
import { findBreak, readAuditKey, readTrail } from './verify-chain.ts';

const HOUR_SECONDS = 3600;

/** A stage whose core tells the time by a clock that the test sets. Both end with the test. */
const openStageWithClock = async () => {
  const clock = await openWrongClock();
  onTestFinished(() => clock.close());
  const stage = await openStage({ environment: clock.environment });
  onTestFinished(() => stage.close());
  return { clock, stage };
};

const statusOf = async (url: string, { accessToken }: Session): Promise<number> => {
  try {
    await call(url, '/auth/me', { token: accessToken });
    return 200;
  } catch (error) {
    if (error instanceof CallFailed) return error.status;
    throw error;
  }
};

/** How long the session is good for by the database's clock, in days. */
const daysLeft = ({ dataDir }: Stage, { id }: Session): Promise<number> =>
  withStore(dataDir, async (client) => {
    const { rows } = await client.query<{ days: number }>(
      'SELECT round(extract(epoch FROM expires_at - now()) / 86400)::int AS days FROM sessions WHERE id = $1',
      [id],
    );
    return rows[0]?.days ?? 0;
  });

const linkedSince = async ({ url, nodeId }: Stage, { accessToken }: Session): Promise<unknown> =>
  ((await call(url, `/api/nodes/${nodeId}`, { token: accessToken })) as { linkedSince: unknown }).linkedSince;

test('CL-2 when the clock of the core steps an hour, no token lives longer, no session ends and no link breaks', {
  timeout: 120_000,
}, async () => {
  const { clock, stage } = await openStageWithClock();
  const { url } = stage;
  let session = await login(url);
  const since = await linkedSince(stage, session);

  for (const offsetSeconds of [HOUR_SECONDS, -HOUR_SECONDS, 0]) {
    await clock.set(offsetSeconds);
    // Issued at another time: too old, or not yet born. Never good for longer than its quarter of an hour.
    expect(await statusOf(url, session), `at ${offsetSeconds} s`).toBe(401);
    session = await refresh(url, session);
    expect(await statusOf(url, session)).toBe(200);
    expect(await daysLeft(stage, session)).toBe(30);
    expect(await linkedSince(stage, session)).toBe(since);
  }

  const trail = await withStore(stage.dataDir, readTrail);
  expect(findBreak(trail, readAuditKey(stage.dataDir))).toBeUndefined();
  expect(stage.box().errors()).toEqual([]);
});

const expireIn = ({ dataDir }: Stage, { id }: Session, seconds: number): Promise<unknown> =>
  withStore(dataDir, (client) =>
    client.query('UPDATE sessions SET expires_at = now() + make_interval(secs => $2) WHERE id = $1', [id, seconds]),
  );
const refreshStatus = async (url: string, session: Session): Promise<number> => {
  try {
    await refresh(url, session);
    return 200;
  } catch (error) {
    if (error instanceof CallFailed) return error.status;
    throw error;
  }
};

test('CL-3 a minute apart, the clock of the database alone decides what has expired', {
  timeout: 120_000,
}, async () => {
  const { clock, stage } = await openStageWithClock();
  const { url } = stage;

  // By the core's clock this one ended half a minute ago.
  await clock.set(60);
  const alive = await login(url);
  await expireIn(stage, alive, 30);
  expect(await statusOf(url, alive)).toBe(200);
  expect(await refreshStatus(url, alive)).toBe(200);

  // By the core's clock this one has almost a minute left.
  await clock.set(-60);
  const ended = await login(url);
  expect(await statusOf(url, ended)).toBe(200);
  await expireIn(stage, ended, -1);
  expect(await statusOf(url, ended)).toBe(401);
  expect(await refreshStatus(url, ended)).toBe(401);
});
