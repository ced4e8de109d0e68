import { DoctorInput, DoctorReport } from '@serverbox/contract/doctor';
import type { Procedures } from '../../middleware/procedures.ts';
import { router } from '../../middleware/procedures.ts';
import type { Doctor } from './service.ts';

/** It only looks, but dials and asks: that is for those who may change how the node is reached. */
export const createDoctorRouter = ({ read }: Procedures, doctor: Doctor) =>
  router({
    check: read({
      permission: 'nodes.access',
      scope: 'node',
      input: DoctorInput,
      output: DoctorReport,
      rest: { method: 'POST', path: '/api/nodes/{nodeId}/check', summary: 'Try every way to a node, hop by hop' },
    }).query(({ ctx, input }) => doctor.check(ctx.principal, input.nodeId, ctx.signal)),
  });
