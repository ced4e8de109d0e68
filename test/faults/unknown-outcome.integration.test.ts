/** What the audit trail says of an act that a kill cut short, at each of its steps. The steps are held with row locks. */
import { NodeSummary } from '@serverbox/contract/nodes';
import { expect, onTestFinished, test } from 'vitest';
import { call } from './api.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';
import type { OwnerClient } from './store.ts';
import { withStore } from './store.ts';
import { listUnknownOutcomes, readTrail } from './verify-chain.ts';

const NODE = 'SELECT FROM nodes WHERE id = $1 FOR UPDATE';
const HEAD = 'SELECT FROM audit_head FOR UPDATE';

/** Runs `work` while nobody else gets past this lock. */
const holding = <T>({ dataDir, nodeId }: Stage, lock: string, work: (client: OwnerClient) => Promise<T>): Promise<T> =>
  withStore(dataDir, async (client) => {
    await client.query('BEGIN');
    await client.query(lock, lock === NODE ? [nodeId] : []);
    return work(client);
  });

/** Asks for the new name; the answer will never come. */
const rename = async ({ url, nodeId }: Stage, token: string, name: string): Promise<void> => {
  const asked = call(url, `/api/nodes/${nodeId}`, { method: 'PATCH', token, body: { name } });
  await expect(asked).rejects.toThrow(/PATCH/);
};

/** Somebody waits for a lock: at the head of the trail only whoever appends to it does. */
const untilReached = (client: OwnerClient) =>
  expect
    .poll(async () => (await client.query('SELECT FROM pg_locks WHERE NOT granted')).rowCount, { timeout: 10_000 })
    .toBeGreaterThan(0);

/** The act is announced. A lock of the node alone does not tell that: the agent's facts are written to the same row. */
const untilIntended = (client: OwnerClient, name: string) => {
  const intents = `SELECT FROM audit_events WHERE phase = 'intent' AND details->>'name' = $1`;
  return expect.poll(async () => (await client.query(intents, [name])).rowCount, { timeout: 10_000 }).toBe(1);
};

const untilNamed = (client: OwnerClient, name: string) =>
  expect
    .poll(async () => (await client.query('SELECT FROM nodes WHERE name = $1', [name])).rowCount, { timeout: 10_000 })
    .toBe(1);

const stateOf = async ({ url, dataDir, nodeId, token }: Stage, name: string) => {
  const node = NodeSummary.parse(await call(url, `/api/nodes/${nodeId}`, { token: await token() }));
  const { rows } = await withStore(dataDir, readTrail);
  const intents = rows.filter(({ phase, details }) => phase === 'intent' && details.name === name);
  const unknown = listUnknownOutcomes(rows).filter(({ details }) => details.name === name);
  return { isNamed: node.name === name, intents: intents.length, unknown: unknown.length };
};

test('AU-7 killed before the intent, before the effect or before the outcome, an act is never done and absent from the trail', {
  timeout: 120_000,
}, async () => {
  const stage = await openStage();
  onTestFinished(() => stage.close());
  const token = await stage.token();

  await holding(stage, HEAD, async (client) => {
    const answer = rename(stage, token, 'before-intent');
    await untilReached(client);
    await stage.kill(['core']);
    await answer;
  });
  await stage.recover();
  expect(await stateOf(stage, 'before-intent')).toEqual({ isNamed: false, intents: 0, unknown: 0 });

  await holding(stage, NODE, async (client) => {
    const answer = rename(stage, token, 'before-effect');
    await untilIntended(client, 'before-effect');
    await stage.kill(['core']);
    await answer;
  });
  await stage.recover();
  // A statement that the database has received is run, whether or not anybody waits for its answer.
  expect(await stateOf(stage, 'before-effect')).toMatchObject({ intents: 1, unknown: 1 });

  await withStore(stage.dataDir, async (other) => {
    await holding(stage, NODE, async (client) => {
      const answer = rename(stage, token, 'before-outcome');
      await untilIntended(client, 'before-outcome');
      await other.query('BEGIN');
      await other.query(HEAD);
      await client.query('ROLLBACK');
      await untilNamed(client, 'before-outcome');
      await stage.kill(['core']);
      await answer;
    });
    await other.query('ROLLBACK');
  });
  await stage.recover();
  expect(await stateOf(stage, 'before-outcome')).toEqual({ isNamed: true, intents: 1, unknown: 1 });
  expect((await stage.inspect()).filter((problem) => !/^the name|nobody asked/.test(problem))).toEqual([]);
});
