/** A machine with the credential of one node that names another: a mistake in a script, or somebody who tries. */
import type { NodeId } from '@serverbox/contract/ids';
import type { Limit } from '../../lib/limits.ts';
import type { AuditIntent, AuditTrail } from '../../middleware/ports.ts';

/** Audited as denied, and counted with wrong credentials. @throws AppError `rate_limited` */
export type NoteForeignName = (
  caller: { node: { id: NodeId; name: string } },
  claimed: string,
  ip: string,
) => Promise<void>;

export const createForeignNames =
  ({ audit, failures }: { audit: AuditTrail; failures: Limit }): NoteForeignName =>
  async ({ node }, claimed, ip) => {
    await failures.take(ip);
    const intent: AuditIntent = {
      action: 'node.foreign_name',
      actor: `node:${node.id}`,
      sessionId: null,
      ip,
      target: `node:${node.id}`,
      details: { claimed },
    };
    await audit.conclude(await audit.intend(intent), intent, 'denied', {});
  };
