/** Dials a node: through its hops, with its own key proven first, one connection at a time of each pool. */
import type { Duplex } from 'node:stream';
import type { NodeId } from '@serverbox/contract/ids';
import type { Clock } from '../../lib/clock.ts';
import type { Sealer } from '../../lib/crypto/sealing.ts';
import type { Db } from '../../lib/db/orm.ts';
import { AppError, messageOf } from '../../lib/errors.ts';
import { openTcp } from '../../lib/link/open-tcp.ts';
import { createSlots } from '../../lib/link/slots.ts';
import { dialHost, HostKeyRefused } from '../../lib/link/ssh-dial.ts';
import { parseKeyLine } from '../../lib/link/ssh-keys.ts';
import { loginToHost } from '../../lib/link/ssh-login.ts';
import type { SshPool } from '../../lib/link/ssh-pool.ts';
import type { SshSession } from '../../lib/link/ssh-session.ts';
import type { Log } from '../../lib/log.ts';
import { openCredential } from './credentials.ts';
import type { Endpoints } from './endpoints.ts';
import type { Pools, Way } from './pools.ts';
import { createPools } from './pools.ts';
import type { Problem } from './problems.ts';
import { createProblems } from './problems.ts';
import { listNodeNames } from './queries.ts';
import type { Trust } from './trust.ts';

export interface Dialler extends Pick<Pools, 'drainStale' | 'end' | 'endAll'> {
  /** @throws AppError `node_unreachable` | `host_key_unknown` | `host_key_changed` | `ssh_auth_failed` */
  reach(nodeId: NodeId): Promise<SshPool>;
  /** As `reach`, but tries also when an attempt has failed a moment ago. */
  retry(nodeId: NodeId): Promise<SshPool>;
  /** Why the last attempt failed; undefined when it did not. */
  problemOf(nodeId: NodeId): Problem | undefined;
  forgetProblem(nodeId: NodeId): void;
}

export interface DiallerDeps {
  db: Db;
  sealer: Sealer;
  clock: Clock;
  log: Log;
  endpoints: Endpoints;
  trust: Trust;
  onOpened(nodeId: NodeId, pool: SshPool): void;
}

/** Handshakes that compute at the same time. Waiting for a host that does not answer takes none of these places. */
const MAX_HANDSHAKES = 32;
/** With the handshake's own 10 s a dial takes 20 s at most. */
const TCP_TIMEOUT_MS = 10_000;

const asAppError = (error: unknown): AppError =>
  error instanceof AppError ? error : new AppError('internal', 'The node could not be dialled.', { cause: error });

/** @throws AppError for an access that waits for a decision: nothing is sent to that host */
const checkDecided = ({ hostKey, offeredHostKey }: Way['row']): void => {
  if (offeredHostKey === null) return;
  const offered = parseKeyLine(offeredHostKey);
  throw new HostKeyRefused(offered, hostKey === null ? undefined : parseKeyLine(hostKey));
};

export const createDialler = (deps: DiallerDeps): Dialler => {
  const { db, sealer, clock, log, endpoints, trust } = deps;
  const slots = createSlots(MAX_HANDSHAKES);
  const problems = createProblems(clock);

  const throughHop = async (hop: NodeId, route: readonly NodeId[], { host, port }: Way['row']): Promise<Duplex> => {
    try {
      const link = await reachBy(hop, route);
      return await link.dialTcp(host, port);
    } catch (error) {
      const name = (await listNodeNames(db, [hop])).get(hop) ?? hop;
      const sentence = `The way leads through ${name}, and there: ${messageOf(error)}`;
      throw new AppError('node_unreachable', sentence, { cause: error });
    }
  };

  const dial = async ({ row, route }: Way): Promise<SshSession> => {
    checkDecided(row);
    const { nodeId, sshUser, hostKey, learntHostKeys, allowsWeakAlgorithms: allowsWeak } = row;
    const credential = await openCredential(db, sealer, nodeId);
    const host = {
      startLogin: loginToHost(sshUser, credential, { allowsWeak }),
      pinned: hostKey === null ? undefined : parseKeyLine(hostKey),
      learnt: learntHostKeys.map(parseKeyLine),
      allowsWeak,
    };
    const hop = route.at(-1);
    const stream =
      hop === undefined
        ? await openTcp(row.host, row.port, TCP_TIMEOUT_MS)
        : await throughHop(hop, route.slice(0, -1), row);
    const { session, hostKey: shown } = await dialHost(host, stream, {
      slots,
      learnHostKeys: (keys) =>
        void trust.learn(row, keys).catch((error: unknown) => log.warn('host keys were not learnt', { nodeId, error })),
    });
    try {
      await trust.noteProof(row, shown);
    } catch (error) {
      session.end('its host key could not be noted');
      throw error;
    }
    return session;
  };

  const connect = async (way: Way): Promise<SshSession> => {
    const { nodeId } = way.row;
    try {
      const session = await dial(way);
      problems.forget(nodeId);
      return session;
    } catch (thrown) {
      const error = asAppError(thrown);
      if (error.code === 'internal') log.error('dialling failed', { nodeId, error: thrown });
      if (thrown instanceof HostKeyRefused) await refuse(way, thrown);
      problems.note(nodeId, error);
      throw error;
    }
  };
  const refuse = async ({ row }: Way, refused: HostKeyRefused): Promise<void> => {
    if (row.hostKey !== null) pools.end(row.nodeId, refused);
    await trust.noteOffer(row, refused.offered);
  };
  const pools = createPools({ endpoints, clock, log, connect, onOpened: deps.onOpened });

  const reachBy = async (nodeId: NodeId, route?: readonly NodeId[]): Promise<SshPool> => {
    problems.throwRecent(nodeId);
    return pools.open(nodeId, route);
  };

  return {
    ...pools,
    reach: (nodeId) => reachBy(nodeId),
    retry: (nodeId) => pools.open(nodeId),
    problemOf: problems.get,
    forgetProblem: problems.forget,
  };
};
