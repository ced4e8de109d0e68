/** Many simulated agents in this process: each one stream to the core, as the metrics subsystem of a link is one. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { helloLine, hostLine } from './simulated.ts';

export interface SimulatedAgent {
  /** Sends the next sample. */
  send(): void;
  /** Samples that are sent and not acknowledged. */
  readonly waiting: number;
}

export interface Fleet {
  agents: readonly SimulatedAgent[];
  /** Acknowledged since the start. */
  readonly acknowledged: number;
  /** Called with each acknowledged sample's way: sent → durable, in ms. */
  onAcknowledged(listener: (tookMs: number, agent: SimulatedAgent) => void): void;
  close(): void;
}

const CONNECTING_AT_ONCE = 100;
const ACK = '"type":"ack","seq":';

const ackOf = (text: string): number | undefined => {
  const at = text.lastIndexOf(ACK);
  return at === -1 ? undefined : Number.parseInt(text.slice(at + ACK.length), 10);
};

/** Everything of a packet at once: an acknowledgement covers all lower numbers. */
const createAgent = (socket: Socket, told: (tookMs: number, agent: SimulatedAgent) => void): SimulatedAgent => {
  let lastSeq = 0;
  let ackedSeq = 0;
  let sentAt: number[] = [];
  const agent: SimulatedAgent = {
    send: () => {
      lastSeq += 1;
      sentAt.push(performance.now());
      socket.write(hostLine(lastSeq, Date.now()));
    },
    get waiting() {
      return lastSeq - ackedSeq;
    },
  };
  socket.on('data', (chunk: Buffer) => {
    const seq = ackOf(chunk.toString('latin1'));
    if (seq === undefined || seq <= ackedSeq) return;
    const now = performance.now();
    const taken = sentAt.slice(0, seq - ackedSeq);
    sentAt = sentAt.slice(taken.length);
    ackedSeq = seq;
    for (const at of taken) told(now - at, agent);
  });
  return agent;
};

const open = async (socketPath: string, nodeId: string): Promise<Socket> => {
  const socket = connect(socketPath);
  await once(socket, 'connect');
  socket.write(`${nodeId}\n${helloLine(randomBytes(16).toString('hex'))}`);
  await once(socket, 'data'); // welcome
  return socket;
};

export const openFleet = async (socketPath: string, nodeIds: readonly string[]): Promise<Fleet> => {
  const sockets: Socket[] = [];
  for (let start = 0; start < nodeIds.length; start += CONNECTING_AT_ONCE) {
    const batch = nodeIds.slice(start, start + CONNECTING_AT_ONCE);
    sockets.push(...(await Promise.all(batch.map((nodeId) => open(socketPath, nodeId)))));
  }
  let acknowledged = 0;
  let listener: Parameters<Fleet['onAcknowledged']>[0] = () => undefined;
  const told: typeof listener = (tookMs, agent) => {
    acknowledged += 1;
    listener(tookMs, agent);
  };
  for (const socket of sockets) socket.on('error', () => socket.destroy());
  return {
    agents: sockets.map((socket) => createAgent(socket, told)),
    get acknowledged() {
      return acknowledged;
    },
    onAcknowledged: (given) => {
      listener = given;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
};

const SLOT_MS = 20;

/** Lets every agent send once in `everyMs`, spread over the time. The returned function stops it. */
export const sendSteadily = (agents: readonly SimulatedAgent[], everyMs: number): (() => void) => {
  const startedAt = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / everyMs) * agents.length;
    for (; sent < due; sent += 1) agents[sent % agents.length]?.send();
  }, SLOT_MS);
  return () => clearInterval(timer);
};
