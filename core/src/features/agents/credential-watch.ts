/**
 * A link lives no longer than the credential that opened it. The bus brings revocations at once; a sweep finds those whose
 * message was lost, so that the database alone decides, within 4 s.
 */
import type { NodeId } from '@serverbox/contract/ids';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Db } from '../../lib/db/orm.ts';
import type { Log } from '../../lib/log.ts';
import { listValidCredentials } from './queries.ts';

const SWEEP_INTERVAL_MS = 4000;

interface HeldCredential {
  id: string;
  node: { id: NodeId };
}
interface HeldLink {
  closed: AbortSignal;
  close(reason: string): void;
}

export interface CredentialWatch {
  /** Watches the credential until the link closes. */
  hold(credential: HeldCredential, link: HeldLink): void;
  /**
   * Closes every link, or every link of one node, whose credential no longer holds. While the database is away links
   * stay: nothing was revoked there.
   */
  check(nodeId?: NodeId): Promise<void>;
  stop(): void;
}

export const createCredentialWatch = ({ db, bus, log }: { db: Db; bus: Bus; log: Log }): CredentialWatch => {
  const held = new Map<HeldLink, HeldCredential>();

  const check = async (nodeId?: NodeId): Promise<void> => {
    const watched = [...held].filter(([, { node }]) => nodeId === undefined || node.id === nodeId);
    const valid = await listValidCredentials(db, [...new Set(watched.map(([, { id }]) => id))]);
    for (const [link, { id }] of watched) if (!valid.has(id)) link.close('its credential was revoked');
  };
  const checkLogged = (nodeId?: NodeId) =>
    check(nodeId).catch((error: unknown) => log.warn('credentials were not checked', { error }));

  const timer = setInterval(() => checkLogged(), SWEEP_INTERVAL_MS).unref();
  const unsubscribe = bus.subscribe('node.changed', ({ nodeId }) => checkLogged(nodeId));
  return {
    hold: (credential, link) => {
      if (link.closed.aborted) return;
      held.set(link, credential);
      link.closed.addEventListener('abort', () => held.delete(link), { once: true });
    },
    check,
    stop: () => {
      clearInterval(timer);
      unsubscribe();
    },
  };
};
