import { Nothing } from '@serverbox/contract/nothing';
import { Overview } from '@serverbox/contract/overview';
import type { Procedures } from '../../middleware/procedures.ts';
import { router } from '../../middleware/procedures.ts';
import type { OverviewReader } from './service.ts';

export const createOverviewRouter = ({ read }: Procedures, overview: OverviewReader) =>
  router({
    get: read({
      permission: 'system.read',
      scope: 'fleet',
      input: Nothing,
      output: Overview,
      rest: { method: 'GET', path: '/api/overview', summary: 'The fleet at a glance' },
    }).query(({ ctx }) => overview.read(ctx.principal)),
  });
