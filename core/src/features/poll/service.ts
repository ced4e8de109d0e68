/** Long-poll: the agent's way where a proxy cuts WebSockets. It sends heartbeats, asks for jobs and reports on them. */
import type { NodeId } from '@serverbox/contract/ids';
import type {
  HeartbeatInput,
  HeartbeatReply,
  JobAnswer,
  JobCompleteInput,
  JobOutputInput,
  PendingReply,
} from '@serverbox/contract/poll';
import type { NodeWay } from '@serverbox/contract/ways';
import type { z } from 'zod';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Clock } from '../../lib/clock.ts';
import { AppError, notFound } from '../../lib/errors.ts';
import type { OpenLimit } from '../../lib/limits.ts';
import type { LinkRegistry } from '../../lib/link/links.ts';
import type { Log } from '../../lib/log.ts';
import { takeHeartbeat } from './heartbeat.ts';
import type { Asking } from './pending.ts';
import { createPending } from './pending.ts';
import type { AttachMetrics, Jobs, NoteConflict, RecordActivity } from './ports.ts';
import { createPresence, SILENT_AFTER_MS } from './presence.ts';
import { createRivals } from './rivals.ts';

export interface PollDeps {
  bus: Bus;
  clock: Clock;
  log: Log;
  openLimit: OpenLimit;
  links: Pick<LinkRegistry, 'findVia'>;
  attachMetrics: AttachMetrics;
  jobs: Jobs;
  recordActivity: RecordActivity;
  noteConflict: NoteConflict;
}

export interface Poll {
  /** Answers once every sample is durable. @throws AppError `rate_limited` | `conflict` | `bad_request` | `database_unavailable` */
  heartbeat(
    caller: { node: { id: NodeId; name: string }; ip: string; signal: AbortSignal },
    heartbeat: z.infer<typeof HeartbeatInput>,
  ): Promise<z.infer<typeof HeartbeatReply>>;
  pending(asking: Asking): Promise<z.infer<typeof PendingReply>>;
  /** @throws AppError `not_found` for a job of another node | `bad_request` for a gap in the output */
  output(nodeId: NodeId, report: z.infer<typeof JobOutputInput>): Promise<z.infer<typeof JobAnswer>>;
  /** @throws AppError `not_found` for a job of another node */
  complete(nodeId: NodeId, report: z.infer<typeof JobCompleteInput>): Promise<z.infer<typeof JobAnswer>>;
  /** Undefined while the agent is linked, which is better, and for nodes that never asked. */
  wayOf(node: { id: NodeId }): Omit<NodeWay, 'isInUse'> | undefined;
  forget(nodeId: NodeId): void;
  start(): void;
  stop(): void;
}

const twoMachines = (name: string): AppError =>
  new AppError(
    'conflict',
    `Two machines use the identity of the node ${name}, and the other one was first. Enrol this machine again if it is the copy.`,
  );

/** An honest agent sends one a second while somebody looks, and asks a little more often while jobs run. */
const QUESTIONS_PER_MINUTE = 600;

export const createPoll = (deps: PollDeps): Poll => {
  const { bus, links, jobs, log } = deps;
  const isLinked = (nodeId: NodeId): boolean => links.findVia(nodeId, 'agent') !== undefined;
  const tell = (nodeId: NodeId, isUp: boolean): void => {
    bus.publish('node.changed', { nodeId });
    if (isLinked(nodeId)) return;
    const entry = isUp
      ? { kind: 'node.linked' as const, text: 'The node asks by long-poll: WebSockets do not get through' }
      : { kind: 'node.unlinked' as const, text: 'The node has stopped asking by long-poll' };
    deps
      .recordActivity(nodeId, { ...entry, subject: null, actor: null })
      .catch((error: unknown) => log.warn('activity was not recorded', { nodeId, error }));
  };
  const presence = createPresence({ ...deps, onChange: tell });
  const questions = createPending(deps);
  const pace = deps.openLimit({ name: 'poll', points: QUESTIONS_PER_MINUTE, windowSeconds: 60 });
  const sending = new Set<NodeId>();
  const rivals = createRivals(deps.clock, SILENT_AFTER_MS);
  const checkRival = async (node: { id: NodeId; name: string }, bootedAtMs: number, ip: string): Promise<void> => {
    if (!rivals.isRival(node.id, bootedAtMs)) return;
    await deps.noteConflict(node, ip);
    throw twoMachines(node.name);
  };

  /** Whether an answer that was not taken is about a job of this node at all. */
  const ownOnly = async <T extends { accepted: boolean }>(nodeId: NodeId, jobId: string, answer: T): Promise<T> => {
    if (!answer.accepted && !(await jobs.has(nodeId, jobId))) throw notFound('The job');
    return answer;
  };

  return {
    heartbeat: async ({ node, ip, signal }, heartbeat) => {
      const { id } = node;
      await pace.take(id);
      await checkRival(node, heartbeat.hello.facts.bootedAt, ip);
      // The ingest serves one stream for each node: a second one would end the first.
      if (sending.has(id)) throw new AppError('conflict', 'Another heartbeat of this node is being taken in.');
      sending.add(id);
      try {
        const reply = await takeHeartbeat(deps.attachMetrics, id, heartbeat, signal);
        presence.heard(id);
        return reply;
      } finally {
        sending.delete(id);
      }
    },
    pending: async (asking) => {
      await pace.take(asking.node.id);
      return questions.ask(asking);
    },
    output: async (nodeId, report) => {
      await pace.take(nodeId);
      return ownOnly(nodeId, report.jobId, await jobs.output(nodeId, report));
    },
    complete: async (nodeId, report) => ownOnly(nodeId, report.jobId, await jobs.complete(nodeId, report)),
    wayOf: ({ id }) => (isLinked(id) ? undefined : presence.wayOf(id)),
    forget: (nodeId) => {
      presence.forget(nodeId);
      rivals.forget(nodeId);
    },
    start: () => {
      presence.start();
      questions.start();
    },
    stop: () => {
      presence.stop();
      questions.stop();
    },
  };
};
