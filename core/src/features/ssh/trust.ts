/** What the core itself does about host keys: it notes what a host shows, and stops where that is not what was accepted. */
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Db } from '../../lib/db/orm.ts';
import type { PublicKey } from '../../lib/link/ssh-keys.ts';
import { parseKeyLine } from '../../lib/link/ssh-keys.ts';
import type { Log } from '../../lib/log.ts';
import type { AuditTrail } from '../../middleware/ports.ts';
import type { Endpoints } from './endpoints.ts';
import type { RecordActivity } from './ports.ts';
import type { EndpointRow } from './queries.ts';
import { saveOffer, setHostKeys } from './queries.ts';

export interface Trust {
  /** The host showed a key that nobody accepted: it waits for a decision, and an accepted one before it is in doubt. */
  noteOffer(row: EndpointRow, offered: PublicKey): Promise<void>;
  /** The host proved to hold these, too, over a connection on which it held the pinned one. */
  learn(row: EndpointRow, keys: readonly PublicKey[]): Promise<void>;
  /** The host showed the right key: the pinned one, or one that it vouched for and that takes its place. */
  noteProof(row: EndpointRow, shown: PublicKey): Promise<void>;
}

export interface TrustDeps {
  db: Db;
  bus: Pick<Bus, 'publish'>;
  clock: Clock;
  log: Log;
  audit: AuditTrail;
  endpoints: Pick<Endpoints, 'refresh'>;
  recordActivity: RecordActivity;
}

export const createTrust = (deps: TrustDeps): Trust => {
  const { db, bus, clock, log, audit, recordActivity } = deps;

  /** The core acted by itself. That the trail cannot be written must not open the way: it is logged, and the way stays shut. */
  const record = async (row: EndpointRow, action: string, details: Record<string, unknown>): Promise<void> => {
    const target = `node:${row.nodeId}`;
    const intent = { action, actor: 'core', sessionId: null, ip: null, target, details };
    try {
      await audit.conclude(await audit.intend(intent), intent, 'ok', details);
    } catch (error) {
      log.error('a change of a host key was not audited', { nodeId: row.nodeId, action, error });
    }
  };
  const announce = async (row: EndpointRow): Promise<void> => {
    await deps.endpoints.refresh(row.nodeId);
    bus.publish('node.changed', { nodeId: row.nodeId });
  };
  const tell = (row: EndpointRow, kind: 'node.host_key_accepted' | 'node.host_key_changed', text: string) =>
    recordActivity(row.nodeId, { kind, subject: null, actor: null, text });

  return {
    noteOffer: async (row, offered) => {
      if (row.rejectedHostKey === offered.line) return;
      if (!(await saveOffer(db, row, { offeredHostKey: offered.line, offeredAt: clock.now() }))) return;
      await announce(row);
      if (row.hostKey === null) return;
      const pinned = parseKeyLine(row.hostKey).fingerprint;
      log.warn('host key has changed: the node is blocked', {
        nodeId: row.nodeId,
        pinned,
        offered: offered.fingerprint,
      });
      await record(row, 'node.host_key.changed', { nodeId: row.nodeId, pinned, offered: offered.fingerprint });
      const text = `The host shows the key ${offered.fingerprint} instead of ${pinned}: SSH is blocked until somebody decides`;
      await tell(row, 'node.host_key_changed', text);
    },

    learn: async (row, keys) => {
      const learntHostKeys = keys.map(({ line }) => line).filter((line) => line !== row.hostKey);
      if (learntHostKeys.toSorted().join() === row.learntHostKeys.toSorted().join()) return;
      if (await setHostKeys(db, row, { learntHostKeys })) await deps.endpoints.refresh(row.nodeId);
    },

    noteProof: async (row, shown) => {
      if (shown.line === row.hostKey) {
        if (row.rejectedHostKey === null) return;
        if (await setHostKeys(db, row, { rejectedHostKey: null })) await announce(row);
        return;
      }
      const learntHostKeys = row.learntHostKeys.filter((line) => line !== shown.line);
      if (!(await setHostKeys(db, row, { hostKey: shown.line, learntHostKeys, rejectedHostKey: null }))) return;
      await announce(row);
      const pinned = row.hostKey === null ? null : parseKeyLine(row.hostKey).fingerprint;
      await record(row, 'node.host_key.rotated', { nodeId: row.nodeId, pinned, shown: shown.fingerprint });
      await tell(
        row,
        'node.host_key_accepted',
        `The host changed to the key ${shown.fingerprint}, which it had vouched for`,
      );
    },
  };
};
