/** Who may come in as the agent of a node: by its credential alone, one machine for each node, in a protocol that both speak. */
import type { IncomingHttpHeaders } from 'node:http';
import { WIRE_PROTOCOL } from '@serverbox/contract/wire';
import { equalBytes, parseToken } from '../../lib/crypto/tokens.ts';
import type { Db } from '../../lib/db/orm.ts';
import { AppError } from '../../lib/errors.ts';
import type { Limit } from '../../lib/limits.ts';
import type { LinkRegistry } from '../../lib/link/links.ts';
import type { Conflicts } from './conflicts.ts';
import type { Credential, EnrolledNode } from './queries.ts';
import { findCredential } from './queries.ts';
import type { Refusals } from './refusals.ts';

export interface AdmissionDeps {
  db: Db;
  links: Pick<LinkRegistry, 'isContested'>;
  conflicts: Pick<Conflicts, 'note'>;
  refusals: Pick<Refusals, 'note'>;
  /** Counts wrong credentials by address. */
  failures: Limit;
}

/** Sent by agents since there is more than one protocol to tell apart; one without it speaks the first. */
const PROTOCOL_HEADER = 'agent-protocol';

/**
 * The credential of an `Authorization` header. The same refusal for an unknown, a wrong and a revoked one, and for one of
 * another kind. @throws AppError `unauthenticated` | `rate_limited`
 */
export const authenticateAgent = async (
  { db, failures }: Pick<AdmissionDeps, 'db' | 'failures'>,
  authorization: string | undefined,
  ip: string,
): Promise<Credential> => {
  const bearer = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
  const token = parseToken('sbn_', bearer);
  const credential = token && (await findCredential(db, token.id));
  const isRight = credential !== undefined && equalBytes(credential.secretHash, token?.secretHash ?? Buffer.alloc(0));
  if (isRight && credential.kind === 'agent' && credential.revokedAt === null) return credential;
  await failures.take(ip);
  throw new AppError(
    'unauthenticated',
    'The credential does not hold: it is unknown or was revoked. Enrol this node again.',
  );
};

/** The sentence for agent and people; undefined where both speak the same. */
const protocolProblem = (said: string): string | undefined => {
  if (said === String(WIRE_PROTOCOL)) return undefined;
  const isOlder = /^\d{1,6}$/.test(said) && Number(said) < WIRE_PROTOCOL;
  const remedy = isOlder ? 'Upgrade the agent.' : 'Upgrade Server Box, or install the agent that it serves.';
  return `The agent speaks protocol ${said.slice(0, 20)}, this Server Box ${WIRE_PROTOCOL}. ${remedy}`;
};

/** @throws AppError `not_supported`, noted for whoever looks at the node */
const checkProtocol = ({ refusals }: AdmissionDeps, node: EnrolledNode, headers: IncomingHttpHeaders): void => {
  const problem = protocolProblem(headers[PROTOCOL_HEADER]?.toString() ?? '1');
  if (problem === undefined) return;
  refusals.note(node.id, problem);
  throw new AppError('not_supported', problem);
};

/** @throws AppError `conflict`, and flags the node */
const checkContest = async ({ links, conflicts }: AdmissionDeps, node: EnrolledNode, ip: string): Promise<void> => {
  if (!links.isContested(node.id)) return;
  await conflicts.note(node, ip);
  throw new AppError(
    'conflict',
    `Two machines use the identity of the node ${node.name}, and the other one is connected. Enrol this machine again if it is the copy.`,
  );
};

/** @throws AppError `unauthenticated` | `rate_limited` | `not_supported` | `conflict` */
export const admitAgent = async (
  deps: AdmissionDeps,
  headers: IncomingHttpHeaders,
  ip: string,
): Promise<Credential> => {
  const credential = await authenticateAgent(deps, headers.authorization, ip);
  checkProtocol(deps, credential.node, headers);
  await checkContest(deps, credential.node, ip);
  return credential;
};
