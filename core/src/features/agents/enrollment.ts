/** How a machine becomes a node: a one-time token buys an identity, once. */
import type { NodeId } from '@serverbox/contract/ids';
import type { EnrollReply, EnrollRequest } from '@serverbox/contract/wire';
import type { z } from 'zod';
import type { Bus } from '../../lib/bus/bus.ts';
import { equalBytes, mintToken, parseToken } from '../../lib/crypto/tokens.ts';
import type { Database } from '../../lib/db/database.ts';
import { isUniqueViolation } from '../../lib/db/database-errors.ts';
import type { Db } from '../../lib/db/orm.ts';
import { AppError } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import type { Limit } from '../../lib/limits.ts';
import type { ClientKey } from '../../lib/link/ssh-keys.ts';
import { parsePublicKey } from '../../lib/link/ssh-keys.ts';
import { Secret } from '../../lib/log.ts';
import type { AuditIntent, AuditTrail } from '../../middleware/ports.ts';
import type { RecordActivity } from './ports.ts';
import * as queries from './queries.ts';

const TOKEN_LIFE_SECONDS = 15 * 60;
const MAX_NAME_ATTEMPTS = 100;

export interface EnrollmentDeps {
  database: Database;
  coreKey: ClientKey;
  audit: AuditTrail;
  bus: Bus;
  attempts: Limit;
  recordActivity: RecordActivity;
}

export interface Enrollment {
  /**
   * A token that enrols one machine, once, within 15 minutes. Shown once; only its hash is kept. With `forNodeId` the machine
   * becomes the agent of that node, whatever it was before, and the node's older agent loses its credential.
   */
  issueToken(machine: TokenFor): Promise<IssuedToken>;
  /** @throws AppError `unauthenticated` | `conflict` | `rate_limited` | `bad_request` */
  enroll(request: z.infer<typeof EnrollRequest>, caller: { ip: string }): Promise<z.infer<typeof EnrollReply>>;
}

export interface TokenFor {
  nodeName: string;
  isLocal: boolean;
  forNodeId?: NodeId;
}
export interface IssuedToken {
  token: Secret;
  expiresAt: Date;
}

const badToken = () =>
  new AppError('unauthenticated', 'The enrolment token does not hold: it is unknown, used or expired. Make a new one.');

/** The wanted name, or the first free one with a number behind it. */
const insertNamed = async (tx: Db, node: Parameters<typeof queries.insertNode>[1]): Promise<string> => {
  for (let attempt = 1; attempt <= MAX_NAME_ATTEMPTS; attempt += 1) {
    const name = attempt === 1 ? node.name : `${node.name.slice(0, 58)} ${attempt}`;
    if (await queries.insertNode(tx, { ...node, name })) return name;
  }
  throw new AppError('conflict', `There are too many nodes with the name ${node.name}.`);
};

interface Enrolled {
  nodeId: NodeId;
  credential: string;
  isNew: boolean;
}

/** The node that the token names, or that this machine is. Undefined: it becomes a new one. */
const findTarget = async (tx: Db, token: queries.EnrollTokenRow): Promise<NodeId | undefined> => {
  if (token.forNodeId !== null) return token.forNodeId as NodeId;
  return token.isLocal ? (await queries.findLocalNode(tx))?.id : undefined;
};

/**
 * A machine is one node. A key that belongs to another node than the one meant is a mistake, except for the copy of a
 * machine: what it was known by until now belongs to the original.
 */
const checkKeys = async (
  tx: Db,
  { hostPublicKey, previousHostPublicKey }: z.infer<typeof EnrollRequest>,
  target: NodeId | undefined,
): Promise<queries.KeyHolder | undefined> => {
  const holder = await queries.findNodeByHostKey(tx, hostPublicKey);
  const earlier =
    previousHostPublicKey === undefined ? undefined : await queries.findNodeByHostKey(tx, previousHostPublicKey);
  const isCopy = earlier !== undefined && earlier.conflict !== null;
  const mistaken = [holder, isCopy ? undefined : earlier].find((node) => node !== undefined && node.id !== target);
  if (mistaken === undefined) return isCopy ? earlier : undefined;
  throw new AppError(
    'conflict',
    `This machine is enrolled already, as the node ${mistaken.name}. If it is a copy of that machine, add --new-identity.`,
  );
};

/** In one transaction: the token is spent, the node exists, and the credential is the only one that holds. */
const exchange = async (
  tx: Db,
  token: queries.EnrollTokenRow,
  request: z.infer<typeof EnrollRequest>,
): Promise<Enrolled> => {
  const { hostPublicKey, facts } = request;
  if (!(await queries.spendToken(tx, token.id))) throw badToken();
  const same = await findTarget(tx, token);
  const original = await checkKeys(tx, request, same);
  // The copy has become a node of its own, or the original has got a new identity: either way there is one of each.
  if (original !== undefined) await queries.clearConflict(tx, original.id);
  const nodeId = same ?? newId<NodeId>();
  if (same === undefined) {
    await insertNamed(tx, { id: nodeId, name: token.nodeName, isLocal: token.isLocal, hostPublicKey, facts });
  } else {
    await queries.setNodeIdentity(tx, nodeId, hostPublicKey, facts);
    await queries.revokeCredentials(tx, nodeId);
  }
  const credential = mintToken('sbn_');
  await queries.insertCredential(tx, { id: credential.id, nodeId, secretHash: credential.secretHash });
  await queries.setTokenNode(tx, token.id, nodeId);
  return { nodeId, credential: credential.token, isNew: same === undefined };
};

const findToken = async (database: Database, text: string): Promise<queries.EnrollTokenRow> => {
  const parsed = parseToken('sbe_', text);
  const row = parsed && (await queries.findUsableToken(database.db, parsed.id));
  if (row === undefined || parsed === undefined || !equalBytes(row.secretHash, parsed.secretHash)) throw badToken();
  return row;
};

export const createEnrollment = (deps: EnrollmentDeps): Enrollment => {
  const { database, coreKey, audit, bus, attempts } = deps;

  const runAudited = async (intent: AuditIntent, run: () => Promise<Enrolled>): Promise<Enrolled> => {
    const correlationId = await audit.intend(intent);
    try {
      const enrolled = await run();
      await audit.conclude(correlationId, { ...intent, target: `node:${enrolled.nodeId}` }, 'ok', {
        nodeId: enrolled.nodeId,
      });
      return enrolled;
    } catch (error) {
      const code = error instanceof AppError ? error.code : 'internal';
      await audit.conclude(correlationId, intent, 'failed', { code });
      throw error;
    }
  };

  return {
    issueToken: async ({ nodeName, isLocal, forNodeId }) => {
      const { id, secretHash, token } = mintToken('sbe_');
      const expiresAt = await queries.insertEnrollToken(database.db, {
        id,
        secretHash,
        nodeName,
        isLocal,
        forNodeId: forNodeId ?? null,
        lifeSeconds: TOKEN_LIFE_SECONDS,
      });
      return { token: new Secret(token), expiresAt };
    },

    enroll: async (request, { ip }) => {
      await attempts.take(ip);
      const hostKey = parsePublicKey(request.hostPublicKey);
      if (request.previousHostPublicKey !== undefined) parsePublicKey(request.previousHostPublicKey);
      const token = await findToken(database, request.token);
      const intent: AuditIntent = {
        action: 'node.enroll',
        actor: `enroll:${token.id}`,
        sessionId: null,
        ip,
        target: null,
        details: { name: token.nodeName, hostKey: hostKey.fingerprint },
      };
      const { nodeId, credential, isNew } = await runAudited(intent, async () => {
        try {
          return await database.transaction((tx) => exchange(tx, token, request));
        } catch (error) {
          // Two tokens and one key at the same time: the index saw what the look-up could not.
          if (!isUniqueViolation(error)) throw error;
          throw new AppError('conflict', 'This machine is being enrolled already.', { cause: error });
        }
      });
      await deps.recordActivity(nodeId, {
        kind: 'node.enrolled',
        subject: null,
        actor: null,
        text: isNew ? 'The node was enrolled' : 'The node was enrolled again',
      });
      bus.publish('node.changed', { nodeId });
      return { nodeId, credential, corePublicKey: coreKey.publicKey.line };
    },
  };
};
