/** SSH access as people and programs see it: everything but the secret. */

import type { NodeId } from '@serverbox/contract/ids';
import type { SshEndpoint } from '@serverbox/contract/ssh';
import { parseKeyLine } from '../../lib/link/ssh-keys.ts';
import { authorizeCommand } from './authorize-command.ts';
import type { Problem } from './problems.ts';
import type { EndpointRow } from './queries.ts';

const presentKey = (line: string | null) => {
  if (line === null) return null;
  const { type, fingerprint } = parseKeyLine(line);
  return { type, fingerprint };
};

const stateOf = ({ hostKey, offeredHostKey }: EndpointRow): SshEndpoint['hostKey']['state'] => {
  if (offeredHostKey !== null) return hostKey === null ? 'offered' : 'changed';
  return hostKey === null ? 'unseen' : 'pinned';
};

export const presentEndpoint = (
  row: EndpointRow,
  names: ReadonlyMap<NodeId, string>,
  problem: Problem | undefined,
): SshEndpoint => ({
  nodeId: row.nodeId,
  host: row.host,
  port: row.port,
  sshUser: row.sshUser,
  auth: {
    kind: row.authKind,
    fingerprint: presentKey(row.authPublicKey)?.fingerprint ?? null,
    authorizeCommand: row.authPublicKey === null ? null : authorizeCommand(row.authPublicKey),
    version: row.credentialVersion,
  },
  jump: row.jump.map((nodeId) => ({ nodeId, name: names.get(nodeId) ?? 'removed node' })),
  hostKey: {
    state: stateOf(row),
    pinned: presentKey(row.hostKey),
    offered: presentKey(row.offeredHostKey),
    offeredAt: row.offeredAt?.toISOString() ?? null,
  },
  presence: row.presence,
  metricsIntervalMs: row.metricsIntervalMs,
  allowsWeakAlgorithms: row.allowsWeakAlgorithms,
  problem:
    problem === undefined ? null : { code: problem.code, message: problem.message, at: problem.at.toISOString() },
});
