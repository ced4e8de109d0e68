/**
 * A heartbeat is the `metrics` subsystem in one question: its lines are played to the same ingest, and the answer is what the
 * ingest would have said. So samples are known by their numbers and acknowledged after they are durable, whichever way they come.
 */
import { Duplex } from 'node:stream';
import type { NodeId } from '@serverbox/contract/ids';
import { IDLE_INTERVAL_MS } from '@serverbox/contract/metrics';
import type { HeartbeatInput, HeartbeatReply } from '@serverbox/contract/poll';
import { CoreMessage } from '@serverbox/contract/wire';
import type { z } from 'zod';
import { AppError } from '../../lib/errors.ts';
import type { AttachMetrics } from './ports.ts';

type Heartbeat = z.infer<typeof HeartbeatInput>;
type Reply = z.infer<typeof HeartbeatReply>;

/** The ingest commits within 100 ms; longer means that the database is away, and the agent's spool holds what it has. */
const COMMIT_TIMEOUT_MS = 20_000;

/** The agent's end: it has said everything, and listens until the last sample is durable. */
const play = ({ hello, detail, samples }: Heartbeat) => {
  const lastSentSeq = samples.reduce((last, { seq }) => Math.max(last, seq), 0);
  const reply: Reply = { lastSeq: 0, everyMs: IDLE_INTERVAL_MS };
  let isDone = false;
  let pending = '';
  const obey = (line: string): void => {
    const message = CoreMessage.parse(JSON.parse(line));
    if (message.type === 'interval') {
      reply.everyMs = message.everyMs;
      return;
    }
    reply.lastSeq = Math.max(reply.lastSeq, message.type === 'ack' ? message.seq : message.lastSeq);
    if (isDone || reply.lastSeq < lastSentSeq) return;
    isDone = true;
    // After the turn in which the pace follows the welcome.
    setImmediate(() => duplex.push(null));
  };
  const duplex = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => {
      const lines = (pending + chunk.toString('utf8')).split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) obey(line);
      done();
    },
  });
  for (const message of [hello, ...(detail === null ? [] : [detail]), ...samples]) {
    duplex.push(`${JSON.stringify(message)}\n`);
  }
  return { duplex, reply, isDone: () => isDone };
};

/**
 * Answers once every sample is durable. @throws AppError `database_unavailable` when that takes too long; the agent sends
 * them again | `bad_request` for what breaks the protocol
 */
export const takeHeartbeat = async (
  attachMetrics: AttachMetrics,
  nodeId: NodeId,
  heartbeat: Heartbeat,
  signal: AbortSignal,
): Promise<Reply> => {
  const { duplex, reply, isDone } = play(heartbeat);
  const outcome = await attachMetrics(
    nodeId,
    duplex,
    AbortSignal.any([signal, AbortSignal.timeout(COMMIT_TIMEOUT_MS)]),
  );
  if (outcome === 'violation') throw new AppError('bad_request', 'The samples break the protocol.');
  if (!isDone()) throw new AppError('database_unavailable', 'The samples could not be stored; send them again.');
  return reply;
};
