/** For tests: accounts on a database of their own, with clocks and counters that belong to the test. */
import { createMemoryBus } from '../../lib/bus/memory-bus.ts';
import { systemClock } from '../../lib/clock.ts';
import { withTestDatabase } from '../../lib/db/testing.ts';
import { createLimits } from '../../lib/limits.ts';
import { silentLog } from '../../lib/log.ts';
import { createGate } from '../../middleware/gate.ts';
import { createAudit } from '../audit/service.ts';
import { ensureAuditHead } from '../audit/writer.ts';
import { createInstance, ensureInstance } from '../instance/service.ts';
import { createAuth } from './service.ts';
import { createTokens } from './tokens.ts';

export const CALLER = { ip: '192.0.2.1', userAgent: 'test' };
export const ADMIN = { email: 'admin@example.org', password: 'correct horse battery' };

/** An installation without an administrator yet. */
export const openAuth = async () => {
  const { database, close } = await withTestDatabase();
  const { db } = database;
  await ensureInstance(db, Buffer.from('key check'));
  await ensureAuditHead(db);
  const audit = createAudit({ db, key: Buffer.alloc(32, 1), clock: systemClock });
  const instance = createInstance(db);
  const tokens = createTokens(Buffer.alloc(32, 2), systemClock);
  const bus = createMemoryBus(silentLog);
  const gate = createGate({ findNode: async () => undefined, audit });
  const auth = createAuth({ db, tokens, instance, openLimit: createLimits(undefined), gate, bus });
  return {
    auth,
    audit,
    bus,
    db,
    database,
    instance,
    tokens,
    /** Makes the administrator, as the first run does. */
    setUp: async () => auth.setup({ code: await instance.issueSetupCode(), ...ADMIN }, CALLER),
    close: async () => {
      await bus.close();
      await close();
    },
  };
};
