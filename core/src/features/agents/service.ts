/**
 * Agents: how a machine becomes a node, proves that it is one, and stays connected. What flows over the link afterwards is
 * the business of other features.
 */
import type { NodeId } from '@serverbox/contract/ids';
import type { ChallengeReply, EnrollReply, EnrollRequest } from '@serverbox/contract/wire';
import { challengeText } from '@serverbox/contract/wire';
import type { z } from 'zod';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Sealer } from '../../lib/crypto/sealing.ts';
import type { Database } from '../../lib/db/database.ts';
import type { OpenLimit } from '../../lib/limits.ts';
import type { LinkRegistry } from '../../lib/link/links.ts';
import type { AgentProgram, LocalAgent } from '../../lib/link/local-agent.ts';
import { startLocalAgent } from '../../lib/link/local-agent.ts';
import type { Log } from '../../lib/log.ts';
import type { AuditTrail } from '../../middleware/ports.ts';
import { authenticateAgent } from './admission.ts';
import type { Conflicts } from './conflicts.ts';
import { createConflicts } from './conflicts.ts';
import { ensureCoreKey } from './core-key.ts';
import { createCredentialWatch } from './credential-watch.ts';
import type { IssuedToken, TokenFor } from './enrollment.ts';
import { createEnrollment } from './enrollment.ts';
import type { NoteForeignName } from './foreign-names.ts';
import { createForeignNames } from './foreign-names.ts';
import { prepareLocalNode } from './local-node.ts';
import type { AttachMetrics, RecordActivity } from './ports.ts';
import type { PushCredentials } from './push-credentials.ts';
import { createPushCredentials } from './push-credentials.ts';
import type { Credential } from './queries.ts';
import * as queries from './queries.ts';
import { createRefusals } from './refusals.ts';
import type { AgentsUpgrade } from './upgrade.ts';
import { createAgentsUpgrade } from './upgrade.ts';
import { agentWay } from './way.ts';

const MINUTE_SECONDS = 60;

export interface AgentsDeps {
  database: Database;
  sealer: Sealer;
  audit: AuditTrail;
  bus: Bus;
  links: LinkRegistry;
  openLimit: OpenLimit;
  clientIp(peer: string, forwardedFor: string | undefined): string;
  attachMetrics: AttachMetrics;
  recordActivity: RecordActivity;
  clock: Clock;
  log: Log;
}

export interface Agents {
  /** `SHA256:…` of the core's key: what an enrolment command carries, so that no other core can be put in its place. */
  readonly coreKeyFingerprint: string;
  /** Proves to an agent that this core holds the key that the agent has pinned. */
  answerChallenge(nonce: string): z.infer<typeof ChallengeReply>;
  /** Spends a one-time token. @throws AppError `unauthenticated` | `conflict` | `rate_limited` | `bad_request` */
  enroll(request: z.infer<typeof EnrollRequest>, caller: { ip: string }): Promise<z.infer<typeof EnrollReply>>;
  /** A token that enrols one machine, once, within 15 minutes: as a new node, or as the agent of `forNodeId`. */
  issueToken(machine: TokenFor): Promise<IssuedToken>;
  /** Which node a request of an agent comes from. @throws AppError `unauthenticated` | `rate_limited` */
  authenticate(authorization: string | undefined, ip: string): Promise<Credential>;
  /** Tokens of the push script. */
  readonly push: PushCredentials;
  noteForeignName: NoteForeignName;
  /** Flags a node of which a second machine was turned away elsewhere than at the link. */
  readonly noteConflict: Conflicts['note'];
  /** Ends the agent's credentials and its link; links on other cores within 5 s. */
  revoke(nodeId: NodeId): Promise<void>;
  /** Revokes, and forgets that the node ever had an agent. */
  forget(nodeId: NodeId): Promise<void>;
  readonly upgrade: AgentsUpgrade;
  /** How the agent's link stands; undefined for a node that has no agent. */
  wayOf(node: { id: NodeId; hostPublicKey: string | null }): ReturnType<typeof agentWay>;
  /**
   * Enrols this machine where needed and keeps its agent running. To be called when the core listens at `coreUrl`; to be
   * stopped only when the core stops.
   */
  startLocal(options: { program: AgentProgram; coreUrl: string; hostname: string }): LocalAgent;
  /** Closes every link. */
  stop(): void;
}

/** Opens the feature: makes or reads the core's key, and starts to watch revocations. */
export const openAgents = async (deps: AgentsDeps): Promise<Agents> => {
  const { database, bus, links, openLimit, log, clock } = deps;
  const { db } = database;
  const coreKey = await ensureCoreKey(db, deps.sealer);
  const attempts = openLimit({ name: 'agent-enroll', points: 20, windowSeconds: MINUTE_SECONDS });
  const failures = openLimit({ name: 'agent-link', points: 60, windowSeconds: MINUTE_SECONDS });
  const enrollment = createEnrollment({ ...deps, coreKey, attempts });
  const stopping = new AbortController();
  const watch = createCredentialWatch({ db, bus, log });
  const refusals = createRefusals(clock);
  const conflicts = createConflicts({ ...deps, db });
  const revoke = async (nodeId: NodeId): Promise<void> => {
    await queries.revokeCredentials(db, nodeId);
    await watch.check(nodeId);
    bus.publish('node.changed', { nodeId });
  };

  return {
    coreKeyFingerprint: coreKey.publicKey.fingerprint,
    answerChallenge: (nonce) => ({
      publicKey: coreKey.publicKey.line,
      signature: coreKey.sign(Buffer.from(challengeText(nonce), 'utf8')).toString('base64'),
    }),
    enroll: enrollment.enroll,
    issueToken: enrollment.issueToken,
    authenticate: (authorization, ip) => authenticateAgent({ db, failures }, authorization, ip),
    push: createPushCredentials({ database, failures }),
    noteForeignName: createForeignNames({ audit: deps.audit, failures }),
    noteConflict: conflicts.note,
    revoke,
    forget: async (nodeId) => {
      await queries.removeNodeIdentity(db, nodeId);
      await revoke(nodeId);
      refusals.clear(nodeId);
    },
    wayOf: (node) => agentWay({ links, refusals }, node),
    upgrade: createAgentsUpgrade({
      ...deps,
      db,
      coreKey,
      failures,
      refusals,
      conflicts,
      onLinked: watch.hold,
      stopping: stopping.signal,
    }),
    startLocal: ({ program, coreUrl, hostname }) => {
      const agent = startLocalAgent({
        program,
        clock,
        log: log.with({ agent: 'local' }),
        prepare: (signal) => prepareLocalNode({ db, program, enrollment, coreKey, hostname, log }, coreUrl, signal),
      });
      return {
        stop: () => {
          stopping.abort();
          return agent.stop();
        },
      };
    },
    stop: () => {
      stopping.abort();
      watch.stop();
      conflicts.stop();
      links.closeAll('the core stops');
    },
  };
};
