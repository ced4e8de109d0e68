import { Health } from '@serverbox/contract/health';
import { Nothing } from '@serverbox/contract/nothing';
import type { Procedures } from '../../middleware/procedures.ts';
import { router } from '../../middleware/procedures.ts';

/** The parts that Server Box needs; each answers whether it works now. */
export interface HealthChecks {
  database(): Promise<boolean>;
  queue(): Promise<boolean>;
  bus(): Promise<boolean>;
}

const verdict = async (check: () => Promise<boolean>): Promise<'ok' | 'failed'> => {
  try {
    return (await check()) ? 'ok' : 'failed';
  } catch {
    // The check's whole answer: whoever asks for health wants "failed", not an error page.
    return 'failed';
  }
};

/** Live checks of everything that a request needs. */
const checkHealth = async (checks: HealthChecks, version: string): Promise<Health> => {
  const [database, queue, bus] = await Promise.all([
    verdict(checks.database),
    verdict(checks.queue),
    verdict(checks.bus),
  ]);
  const isOk = [database, queue, bus].every((state) => state === 'ok');
  return { status: isOk ? 'ok' : 'degraded', version, checks: { database, queue, bus } };
};

export const createHealthRouter = ({ open }: Procedures, checks: HealthChecks, version: string) =>
  router({
    get: open({
      input: Nothing,
      output: Health,
      rest: { method: 'GET', path: '/health', summary: 'Readiness: 200 when everything works, 503 when not' },
    }).query(async ({ ctx }) => {
      const health = await checkHealth(checks, version);
      if (health.status !== 'ok') ctx.responseHeaders.set('x-status', '503');
      return health;
    }),
  });
