import { expect, test } from 'vitest';
import type { Gate } from '../../middleware/gate.ts';
import type { RequestContext } from '../../middleware/ports.ts';
import { createProcedures } from '../../middleware/procedures.ts';
import type { HealthChecks } from './router.ts';
import { createHealthRouter } from './router.ts';

const WELL: HealthChecks = { database: async () => true, queue: async () => true, bus: async () => true };

/** Nobody is signed in, and nobody has to be. */
const askHealth = async (checks: Partial<HealthChecks> = {}) => {
  const ctx = { responseHeaders: new Headers(), principal: undefined } as RequestContext;
  const router = createHealthRouter(createProcedures({} as Gate), { ...WELL, ...checks }, '1.2.3');
  const health = await router.createCaller(ctx).get({});
  return { health, status: ctx.responseHeaders.get('x-status') };
};

test('when everything works it is ok, with the version', async () => {
  expect(await askHealth()).toEqual({
    health: { status: 'ok', version: '1.2.3', checks: { database: 'ok', queue: 'ok', bus: 'ok' } },
    status: null,
  });
});

test.each(['database', 'queue', 'bus'] as const)('when the %s does not work it says so with 503', async (part) => {
  const { health, status } = await askHealth({ [part]: async () => false });
  expect(health).toMatchObject({ status: 'degraded', checks: { [part]: 'failed' } });
  expect(Object.values(health.checks).filter((state) => state === 'ok')).toHaveLength(2);
  expect(status).toBe('503');
});

test('a check that throws has failed', async () => {
  const database = () => Promise.reject(new Error('away'));
  expect((await askHealth({ database })).health.checks.database).toBe('failed');
});
