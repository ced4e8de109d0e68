/**
 * The core's end of the agent's `metrics` subsystem (see contract/wire): `hello`, `welcome`, then samples and their
 * acknowledgements. Everything that comes in is hostile until it fits the schema; a violation ends this stream and nothing
 * else. While the writer has no room nothing is read, and the agent's spool holds what it cannot send.
 */
import type { Duplex } from 'node:stream';
import type { NodeId } from '@serverbox/contract/ids';
import type { CoreMessage } from '@serverbox/contract/wire';
import { AgentMessage, MAX_WIRE_LINE_BYTES, WIRE_PROTOCOL } from '@serverbox/contract/wire';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { Pace } from './pace.ts';
import type { Receiver, ReceiverDeps } from './receive.ts';
import { createReceiver } from './receive.ts';
import { createLineCutter, LineTooLongError } from './wire-lines.ts';

type Hello = Extract<AgentMessage, { type: 'hello' }>;
type Later = Exclude<AgentMessage, Hello>;

export interface AttachDeps extends ReceiverDeps {
  log: Log;
  pace: Pace;
  /** The highest committed number of this spool; from now on the spool is known. */
  ensureMark(nodeId: NodeId, epoch: string): Promise<number>;
  /** Stores what the agent says about its node. */
  onHello(nodeId: NodeId, hello: Hello): Promise<void>;
}

const HELLO_TIMEOUT_MS = 10_000;
/** Honest agents tell changed facts every 10 s at most; each costs a write, so others are left out. */
const FACTS_PACE_MS = 5000;
/** Acknowledgements are small and the last one covers all: an agent that does not read them gets no more. */
const MAX_UNREAD_BYTES = 64 * 1024;

/** The agent broke the protocol. The message says how, never what it sent. */
class ProtocolError extends Error {}

const parseLine = (line: Buffer): AgentMessage => {
  let json: unknown;
  try {
    json = JSON.parse(line.toString('utf8'));
  } catch {
    throw new ProtocolError('a line is not JSON');
  }
  const parsed = AgentMessage.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ProtocolError(`a message does not fit the schema at ${issue?.path.slice(0, 4).join('.') || 'its root'}`);
};

const createSender = (duplex: Duplex) => {
  const send = (message: CoreMessage): void => {
    if (duplex.writable && duplex.writableLength < MAX_UNREAD_BYTES) duplex.write(`${JSON.stringify(message)}\n`);
  };
  let ackSeq = 0;
  return {
    send,
    /** One line for all numbers that become durable in the same turn. */
    acknowledge: (seq: number): void => {
      if (ackSeq === 0) {
        queueMicrotask(() => {
          send({ type: 'ack', seq: ackSeq });
          ackSeq = 0;
        });
      }
      ackSeq = Math.max(ackSeq, seq);
    },
  };
};

const startSession = async (deps: AttachDeps, nodeId: NodeId, duplex: Duplex, hello: Hello) => {
  const receivedAtMs = deps.clock.now().getTime();
  if (hello.protocol !== WIRE_PROTOCOL) throw new ProtocolError(`the agent speaks protocol ${hello.protocol}`);
  const committedSeq = await deps.ensureMark(nodeId, hello.epoch);
  await deps.onHello(nodeId, hello);
  const { send, acknowledge } = createSender(duplex);
  send({ type: 'welcome', lastSeq: committedSeq });
  const sendPace = (everyMs: number) => send({ type: 'interval', everyMs });
  sendPace(deps.pace.intervalMs(nodeId));
  const stop = deps.pace.onChange(nodeId, sendPace);
  const receiver = createReceiver(deps, { nodeId, hello, receivedAtMs, committedSeq, acknowledge });
  let factsAtMs = Number.NEGATIVE_INFINITY;
  /** Returns something to wait for only where it stores: a promise for each sample would cost more than the sample. */
  const take = (message: Later): Promise<void> | undefined => {
    if (message.type !== 'facts') {
      receiver.receive(message);
      return undefined;
    }
    const nowMs = deps.clock.monotonicMs();
    if (nowMs - factsAtMs < FACTS_PACE_MS) return undefined;
    factsAtMs = nowMs;
    return deps.onHello(nodeId, { ...hello, facts: message.facts });
  };
  return { receiver, take, stop };
};

const firstOf = (message: AgentMessage): Hello => {
  if (message.type !== 'hello') throw new ProtocolError('the first message is not hello');
  return message;
};
const laterOf = (message: AgentMessage): Later => {
  if (message.type === 'hello') throw new ProtocolError('a second hello came');
  return message;
};

/** Reads until the stream ends. Leaving the loop, by whatever way, destroys the stream. */
const consume = async (
  deps: AttachDeps,
  nodeId: NodeId,
  duplex: Duplex,
  signal: AbortSignal,
): Promise<Receiver | undefined> => {
  const cutLines = createLineCutter(MAX_WIRE_LINE_BYTES);
  let session: Awaited<ReturnType<typeof startSession>> | undefined;
  const late = setTimeout(() => duplex.destroy(new ProtocolError('no hello came in time')), HELLO_TIMEOUT_MS);
  try {
    for await (const chunk of duplex) {
      for (const line of cutLines(chunk as Buffer)) {
        const message = parseLine(line);
        if (session === undefined) session = await startSession(deps, nodeId, duplex, firstOf(message));
        else {
          const storing = session.take(laterOf(message));
          if (storing !== undefined) await storing;
        }
        if (!deps.writer.hasRoom) await deps.writer.whenRoom(signal);
      }
      if (session !== undefined) clearTimeout(late);
    }
    return session?.receiver;
  } finally {
    clearTimeout(late);
    session?.stop();
  }
};

/** What is worth a warning: our own side ending the stream is not, nor is a link that was lost. */
const isViolation = (error: unknown): boolean => error instanceof ProtocolError || error instanceof LineTooLongError;

/**
 * Serves one stream until it ends or `signal` aborts; never rejects, because a broken stream is news for the log and no
 * reason to give up the link. Resolves with `violation` when the agent broke the protocol: trying again at once is useless.
 */
export const attachStream = async (
  deps: AttachDeps,
  nodeId: NodeId,
  duplex: Duplex,
  signal: AbortSignal,
): Promise<'ended' | 'violation'> => {
  const log = deps.log.with({ nodeId });
  const abort = () => duplex.destroy();
  signal.addEventListener('abort', abort, { once: true });
  // The loop sees the error as well; this one catches what comes after it has left.
  duplex.on('error', (error) => log.debug('metrics stream failed', { error }));
  try {
    if (signal.aborted) return 'ended';
    const receiver = await consume(deps, nodeId, duplex, signal);
    if (receiver !== undefined && receiver.staleCount + receiver.tooOldCount > 0) {
      log.info('samples left out', { seenBefore: receiver.staleCount, tooOld: receiver.tooOldCount });
    }
    return 'ended';
  } catch (error) {
    if (isViolation(error)) {
      log.warn('metrics stream ended: protocol violation', { reason: messageOf(error) });
      return 'violation';
    }
    if (!signal.aborted) log.info('metrics stream ended', { reason: messageOf(error) });
    return 'ended';
  } finally {
    signal.removeEventListener('abort', abort);
    duplex.destroy();
  }
};
