import { AuditInput, AuditPage } from '@serverbox/contract/audit';
import type { Procedures } from '../../middleware/procedures.ts';
import { router } from '../../middleware/procedures.ts';
import type { Audit } from './service.ts';

export const createAuditRouter = ({ read }: Procedures, audit: Audit) =>
  router({
    list: read({
      permission: 'audit.read',
      scope: 'fleet',
      input: AuditInput,
      output: AuditPage,
      rest: { method: 'GET', path: '/api/audit', summary: 'Audit events, newest first' },
    }).query(({ input }) => audit.list(input)),
  });
