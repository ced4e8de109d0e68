/**
 * Receive-side flow control of an ssh2 client, done again because ssh2 1.17 gets it wrong in three ways that a hostile or
 * just busy node can use: a peer may send past its window without end; stdout and stderr share one window but each refills
 * it for itself, so an unread stderr grows without bound; and every channel has a fixed 2 MiB in flight, which is half a
 * second of Ctrl-C on a slow screen. Here `window + buffered` never passes the channel's limit. (A fourth: a peer whose
 * largest packet is 0 bytes sends ssh2's writer into an endless loop.)
 *
 * This file and `ssh-cipher-keys.ts` are the only ones that know ssh2's inner parts; `ssh-hostile.integration.test.ts` fails
 * when they change.
 */
import { Readable } from 'node:stream';
import type { Client, ClientChannel, ParsedKey } from 'ssh2';

const EXTENDED_DATA_STDERR = 1;
/** RFC 4253 section 6.1 has everyone take 32 KiB; what is smaller than this is no honest implementation. */
const MIN_PACKET_BYTES = 1024;
const MAX_REFUSAL_BYTES = 500;

interface ChannelInside {
  incoming: { window: number; state: 'open' | 'eof' | 'closed' };
  outgoing: { id: number; state: 'open' | 'eof' | 'closing' | 'closed' };
}
interface Confirmation {
  recipient: number;
  packetSize: number;
}
type InnerChannel = ClientChannel & ChannelInside;
type Handler = (protocol: unknown, ...args: never[]) => void;
interface ClientInside {
  _protocol: {
    _handlers: Record<string, Handler>;
    channelWindowAdjust(channel: number, bytes: number): void;
    session(channel: number, window: number, packetSize: number): void;
    openssh_directStreamLocal(channel: number, window: number, packetSize: number, target: unknown): void;
    signal(channel: number, name: string): void;
    requestFailure(): void;
    _strictMode?: boolean;
  };
  _chanMgr: { get(id: number): unknown };
}

export interface SshFlow {
  /** Runs `open`, whose new channel may have at most `windowBytes` in flight and in our buffers together. */
  withWindow(windowBytes: number, open: () => void): void;
  /** Whether the node has said all that it will say on this channel: otherwise its output may be cut off. */
  isComplete(channel: ClientChannel): boolean;
  /** What the node wrote on stderr before it refused the request whose callback runs now. */
  readonly refusal: string;
  /** Sends a signal to the channel's process, even after our end of its input was closed. `name` without `SIG`. */
  signal(channel: ClientChannel, name: string): void;
}

const inside = (client: Client): ClientInside => client as unknown as ClientInside;
const innerChannel = (value: unknown): InnerChannel | undefined =>
  typeof value === 'object' && value !== null && 'incoming' in value ? (value as InnerChannel) : undefined;
const innerOf = (channel: ClientChannel): InnerChannel => channel as InnerChannel;

/** Whether this handshake counts its packets, so that none can be cut out of it unseen (CVE-2023-48795). */
export const isStrictExchange = (client: Client): boolean => inside(client)._protocol._strictMode === true;

/** Grants what was consumed, in halves of the limit: fewer messages, and never a stall while the reader keeps up. */
const createReplenish = (protocol: ClientInside['_protocol'], limits: WeakMap<InnerChannel, number>) => {
  return (channel: InnerChannel): void => {
    const limit = limits.get(channel) ?? 0;
    const { incoming, outgoing } = channel;
    // After our own close message the peer has forgotten the channel; Go's SSH drops the connection over a late adjust.
    if (incoming.state !== 'open' || outgoing.state === 'closing' || outgoing.state === 'closed') return;
    const grant = limit - incoming.window - channel.readableLength - channel.stderr.readableLength;
    if (grant < limit / 2) return;
    incoming.window += grant;
    protocol.channelWindowAdjust(outgoing.id, grant);
  };
};

/** Calls `after` whenever the reader took something: in flowing mode, too, Node goes through `read`. */
const onRead = (stream: Readable, after: () => void): void => {
  const read = stream.read.bind(stream);
  stream.read = (size?: number) => {
    const chunk: unknown = read(size);
    if (chunk !== null) after();
    return chunk;
  };
};

/** Takes over the windows of channels by noting each opening's limit and patching it into the message that opens it. */
const limitOpenings = (protocol: ClientInside['_protocol'], defaultBytes: number) => {
  const limitOf = new Map<number, number>();
  let nextLimit = defaultBytes;
  const { session, openssh_directStreamLocal: directStreamLocal } = protocol;
  protocol.session = (channel, _window, packetSize) => {
    limitOf.set(channel, nextLimit);
    session.call(protocol, channel, nextLimit, packetSize);
  };
  protocol.openssh_directStreamLocal = (channel, _window, packetSize, target) => {
    limitOf.set(channel, nextLimit);
    directStreamLocal.call(protocol, channel, nextLimit, packetSize, target);
  };
  return {
    take: (channel: number): number => {
      const limit = limitOf.get(channel) ?? defaultBytes;
      limitOf.delete(channel);
      return limit;
    },
    with: (limit: number, open: () => void): void => {
      nextLimit = limit;
      try {
        open();
      } finally {
        nextLimit = defaultBytes;
      }
    },
  };
};

export interface FlowOptions {
  /** Told when the peer sends more than it was granted; the connection cannot be trusted any more then. */
  onViolation(problem: string): void;
  learnHostKeys?: ((keys: Buffer[]) => void) | undefined;
}

const HOST_KEYS = 'hostkeys-00@openssh.com';
/** OpenSSH has four at most by itself; each costs the host a signature. */
const MAX_HOST_KEYS = 16;

/**
 * Requests of the node that belong to no channel. Its host keys are asked to be proven and learned once, where somebody
 * wants them; ssh2 does the proof. Everything else is refused: nothing there is of use.
 */
const answerRequests = (client: Client, learnHostKeys: FlowOptions['learnHostKeys']): Handler => {
  const { _protocol: protocol } = inside(client);
  const prove = protocol._handlers.GLOBAL_REQUEST as (...args: unknown[]) => void;
  let mayLearn = learnHostKeys !== undefined;
  client.on('hostkeys', (keys: ParsedKey[]) => learnHostKeys?.(keys.map((key) => Buffer.from(key.getPublicSSH()))));
  return (sender: unknown, name: string, wantsReply: boolean, offered: unknown) => {
    const isTaken = mayLearn && name === HOST_KEYS && Array.isArray(offered) && offered.length <= MAX_HOST_KEYS;
    if (!isTaken) {
      if (wantsReply) protocol.requestFailure();
      return;
    }
    mayLearn = false;
    prove(sender, name, wantsReply, offered);
  };
};

/** To be called once, right after `client.connect()` and before anything arrived. */
export const controlFlow = (client: Client, defaultBytes: number, options: FlowOptions): SshFlow => {
  const { onViolation } = options;
  const { _protocol: protocol, _chanMgr: channels } = inside(client);
  const handlers = protocol._handlers;
  const limits = new WeakMap<InnerChannel, number>();
  const replenish = createReplenish(protocol, limits);
  const openings = limitOpenings(protocol, defaultBytes);

  const accept = (id: number, bytes: Buffer, streamOf: (channel: InnerChannel) => Readable): void => {
    const channel = innerChannel(channels.get(id));
    if (channel === undefined || channel.incoming.state !== 'open') return;
    if (bytes.length > channel.incoming.window) {
      onViolation('it sent more than it was allowed to');
      return;
    }
    channel.incoming.window -= bytes.length;
    streamOf(channel).push(bytes);
    replenish(channel);
  };

  const receive = handlers.CHANNEL_DATA as (protocol: unknown, id: number, bytes: Buffer) => void;
  const confirm = handlers.CHANNEL_OPEN_CONFIRMATION as (protocol: unknown, info: Confirmation) => void;
  const patched = {
    CHANNEL_OPEN_CONFIRMATION: (sender: unknown, info: Confirmation) => {
      if (info.packetSize < MIN_PACKET_BYTES) {
        onViolation('it takes no packets of a usable size');
        return;
      }
      confirm(sender, info);
      const limit = openings.take(info.recipient);
      const channel = innerChannel(channels.get(info.recipient));
      // SFTP consumes its data as it comes: there is no reader to wait for, and ssh2 grants it what it took.
      if (channel === undefined || limits.has(channel) || !(channel instanceof Readable)) return;
      limits.set(channel, limit);
      channel.incoming.window = limit;
      onRead(channel, () => replenish(channel));
      onRead(channel.stderr, () => replenish(channel));
    },
    CHANNEL_DATA: (sender: unknown, id: number, bytes: Buffer) => {
      if (channels.get(id) instanceof Readable) accept(id, bytes, (channel) => channel);
      else receive(sender, id, bytes);
    },
    CHANNEL_EXTENDED_DATA: (_: unknown, id: number, bytes: Buffer, type: number) => {
      // Other types than stderr do not exist; their bytes count against the window like any.
      if (!(channels.get(id) instanceof Readable)) return;
      if (type === EXTENDED_DATA_STDERR) accept(id, bytes, (channel) => channel.stderr);
      else onViolation('it sent extended data of an unknown type');
    },
    GLOBAL_REQUEST: answerRequests(client, options.learnHostKeys),
  };
  let refusal = '';
  const fail = handlers.CHANNEL_FAILURE as (protocol: unknown, id: number) => void;
  Object.assign(handlers, patched, {
    CHANNEL_FAILURE: (sender: unknown, id: number) => {
      const channel = innerChannel(channels.get(id));
      const text: unknown = channel instanceof Readable ? channel.stderr.read() : undefined;
      refusal = Buffer.isBuffer(text) ? text.toString('utf8', 0, MAX_REFUSAL_BYTES).trim() : '';
      fail(sender, id);
      refusal = '';
      // ssh2 forgets a channel whose request failed, but leaves it open on both sides.
      channel?.destroy();
      if (channel instanceof Readable) channel.resume();
    },
  });

  return {
    withWindow: openings.with,
    get refusal() {
      return refusal;
    },
    isComplete: (channel) => innerOf(channel).incoming.state !== 'open',
    signal: (channel, name) => {
      const { outgoing } = innerOf(channel);
      if (outgoing.state === 'open' || outgoing.state === 'eof') protocol.signal(outgoing.id, name);
    },
  };
};
