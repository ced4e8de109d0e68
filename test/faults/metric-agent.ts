/**
 * An agent that measures nothing and remembers everything: it links like a real one (WebSocket, SSH inside, the `metrics`
 * subsystem), sends numbered samples, keeps what is not acknowledged and sends it again after every reconnect. What the core
 * acknowledged stands in its tally.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOST_FIELDS } from '@serverbox/contract/metrics';
import type { NodeFacts } from '@serverbox/contract/wire';
import { CoreMessage, EnrollReply } from '@serverbox/contract/wire';
import type { ServerChannel } from 'ssh2';
import ssh2 from 'ssh2';
import { WebSocket } from 'ws';
import { mintToken } from '../../core/src/lib/crypto/tokens.ts';
import { generatePrivateKey, openClientKey } from '../../core/src/lib/link/ssh-keys.ts';
import { openWebSocketDuplex } from '../../core/src/lib/link/websocket-duplex.ts';
import type { Tally } from '../../lab/faults/tally.ts';
import { createTally } from '../../lab/faults/tally.ts';
import { withStore } from './store.ts';

const RECONNECT_MS = 100;
const VALUES = HOST_FIELDS.map(() => 0);
const FACTS: NodeFacts = {
  hostname: 'tally',
  os: 'Debian GNU/Linux 12 (bookworm)',
  kernel: '6.1.0',
  arch: 'amd64',
  virtualization: null,
  cpuModel: null,
  cpuCores: 2,
  memTotalBytes: 1e9,
  bootedAt: 1,
  addresses: [],
  dockerVersion: null,
  dockerProblem: null,
  agentVersion: '0.1.0',
};

export type MetricAgent = {
  nodeId: string;
  /** Times of the samples, in Unix milliseconds: each is unique. */
  tally: Tally;
  /** Takes one sample; it is sent when there is somebody to send it to. */
  sample(): void;
  /** Breaks the connection, as a network does. */
  cut(): void;
  /** Resolves when everything sampled so far is acknowledged. @throws Error after `timeoutMs` */
  untilAcknowledged(timeoutMs: number): Promise<void>;
  stop(): Promise<void>;
};

/** Enrols a new node, as the owner of the machine would by hand. */
const enrol = async (box: { url: string; dataDir: string }) => {
  const hostKey = generatePrivateKey();
  const token = mintToken('sbe_');
  await withStore(box.dataDir, (client) =>
    client.query(
      `INSERT INTO enroll_tokens (id, node_name, secret_hash, expires_at) VALUES ($1, 'tally', $2, now() + interval '1 hour')`,
      [token.id, token.secretHash],
    ),
  );
  const response = await fetch(`${box.url}/api/agent/enroll`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: token.token, hostPublicKey: openClientKey(hostKey).publicKey.line, facts: FACTS }),
  });
  return { hostKey, ...EnrollReply.parse(await response.json()) };
};

type Sample = { seq: number; at: number };

/** The samples that are not acknowledged, in order. */
const createSpool = (tally: Tally) => {
  let waiting: Sample[] = [];
  let last: Sample = { seq: 0, at: Date.now() };
  return {
    add: (): Sample => {
      last = { seq: last.seq + 1, at: Math.max(Date.now(), last.at + 1) };
      waiting.push(last);
      tally.attempt(String(last.at));
      return last;
    },
    acknowledge: (seq: number): void => {
      for (const { at } of waiting.filter((sample) => sample.seq <= seq)) tally.acknowledge(String(at));
      waiting = waiting.filter((sample) => sample.seq > seq);
    },
    list: (): readonly Sample[] => waiting,
  };
};

const readLines = (channel: ServerChannel, onLine: (line: string) => void): void => {
  let rest = '';
  channel.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
};

/** Serves SSH on one connection; `onMetrics` gets the channel of each metrics stream. */
const serve = (socket: WebSocket, hostKey: string, onMetrics: (channel: ServerChannel) => void): void => {
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (connection) => {
    connection.on('error', () => socket.terminate());
    connection.on('authentication', (context) => context.accept());
    connection.on('session', (accept) => {
      accept().on('subsystem', (acceptStream, reject, info) => {
        if (info.name !== 'metrics') reject();
        else onMetrics(acceptStream());
      });
    });
  });
  server.injectSocket(openWebSocketDuplex(socket).on('error', () => socket.terminate()) as never);
};

/** Enrols at the core of this data directory and stays linked until stopped, through every outage. */
export const startMetricAgent = async (box: { url: string; dataDir: string }): Promise<MetricAgent> => {
  const { hostKey, nodeId, credential } = await enrol(box);
  const epoch = nodeId.replaceAll('-', '');
  const tally = createTally();
  const spool = createSpool(tally);
  let isStopped = false;
  let socket: WebSocket | undefined;
  let channel: ServerChannel | undefined;

  const send = (message: unknown): void => void channel?.write(`${JSON.stringify(message)}\n`);
  const sendSample = ({ seq, at }: Sample): void => send({ type: 'host', seq, at, values: VALUES });
  const talk = (opened: ServerChannel): void => {
    let isWelcome = false;
    const hello = { type: 'hello', protocol: 1, epoch, now: Date.now(), services: ['metrics'], facts: FACTS };
    opened
      .on('error', () => undefined)
      .once('close', () => {
        if (channel === opened) channel = undefined;
      });
    opened.write(`${JSON.stringify(hello)}\n`);
    readLines(opened, (line) => {
      const message = CoreMessage.parse(JSON.parse(line));
      if (message.type === 'ack') spool.acknowledge(message.seq);
      if (message.type !== 'welcome' || isWelcome) return;
      isWelcome = true;
      // What the core has already is as good as acknowledged: the answer was lost on the way.
      spool.acknowledge(message.lastSeq);
      channel = opened;
      for (const sample of spool.list()) sendSample(sample);
    });
  };
  const connect = async (): Promise<void> => {
    const opened = new WebSocket(`${box.url.replace('http', 'ws')}/api/agent/link`, {
      headers: { authorization: `Bearer ${credential}` },
    });
    const closed = new Promise<void>((resolve) => opened.once('close', () => resolve()));
    opened.on('error', () => undefined).once('open', () => serve(opened, hostKey.reveal(), talk));
    socket = opened;
    await closed;
    channel = undefined;
  };
  const run = async (): Promise<void> => {
    while (!isStopped) {
      await connect();
      await sleep(RECONNECT_MS);
    }
  };
  const running = run();

  return {
    nodeId,
    tally,
    sample: () => sendSample(spool.add()),
    cut: () => socket?.terminate(),
    untilAcknowledged: async (timeoutMs) => {
      const lastSeq = spool.list().at(-1)?.seq ?? 0;
      const deadlineMs = performance.now() + timeoutMs;
      while ((spool.list()[0]?.seq ?? lastSeq + 1) <= lastSeq) {
        if (performance.now() > deadlineMs) throw new Error(`${spool.list().length} samples are not acknowledged`);
        await sleep(20);
      }
    },
    stop: async () => {
      isStopped = true;
      if (socket !== undefined && socket.readyState !== socket.CLOSED) {
        const closed = once(socket, 'close');
        socket.terminate();
        await closed;
      }
      await running;
    },
  };
};
