/** The SSH client of one link, from the first byte until it is authenticated on both sides. Every failure ends in `closed`. */
import type { Duplex } from 'node:stream';
import type { Client, ConnectConfig } from 'ssh2';
import ssh2 from 'ssh2';
import { AppError } from '../errors.ts';
import type { SshFlow } from './ssh-flow.ts';
import { controlFlow } from './ssh-flow.ts';
import type { ClientKey, PublicKey } from './ssh-keys.ts';

const CLOSE_GRACE_MS = 1000;
/** Two unanswered requests and the third tick: a half-open peer is found within 36 s. */
const KEEPALIVE = { keepaliveInterval: 12_000, keepaliveCountMax: 2 };
/** An honest handshake takes about 3 KB. */
const MAX_HANDSHAKE_BYTES = 256 * 1024;

const ALGORITHMS: ConnectConfig['algorithms'] = {
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org'],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'],
  compress: ['none'],
};

export interface SessionOptions {
  stream: Duplex;
  /** Pinned: any other key ends the connection before we prove anything to it. */
  hostPublicKey: PublicKey;
  clientKey: ClientKey;
  /** Agents ignore it. */
  username?: string;
  /** Initial receive window of a channel, where its opening says nothing else. */
  windowBytes: number;
}

export interface SshSession {
  client: Client;
  flow: SshFlow;
  stream: Duplex;
  closed: AbortSignal;
  /** Ends the link at once. Only the first reason counts. */
  fail(reason: string): void;
  /** Ends the link, telling the node. */
  end(reason: string): void;
}

/** Starts the client. From here on every failure of stream or client ends in `closed`, with the first reason. */
export const startSession = (options: SessionOptions): SshSession => {
  const { stream, hostPublicKey, clientKey, username = 'serverbox', windowBytes } = options;
  const client = new ssh2.Client();
  const controller = new AbortController();
  const lose = (reason: string) => {
    if (!controller.signal.aborted) controller.abort(new Error(reason));
  };
  const fail = (reason: string) => {
    lose(reason);
    stream.destroy();
  };
  stream.setMaxListeners(0);
  client.on('error', (error) => fail(error.message));
  client.on('close', () => fail('the connection ended'));
  client.on('end', () => fail('the node ended the connection'));

  let mayOfferKey = true;
  client.connect({
    sock: stream,
    username,
    ident: 'serverbox',
    algorithms: ALGORITHMS,
    ...KEEPALIVE,
    readyTimeout: 0, // the caller's deadline covers more than ssh2's
    strictVendor: false, // Unix sockets are forwarded by agents, too, not only by OpenSSH
    hostVerifier: (key: Buffer) => {
      const isPinned = key.equals(hostPublicKey.blob);
      if (!isPinned) fail('the host key is not the pinned one');
      return isPinned;
    },
    authHandler: (_left, _partial, next) => {
      // One attempt: a server that says "go on" for ever would otherwise be asked for ever.
      if (mayOfferKey) next({ type: 'publickey', username, key: clientKey.privateKey.reveal() });
      else next(false as never);
      mayOfferKey = false;
    },
  });
  const flow = controlFlow(client, windowBytes, (problem) => fail(`the node broke the protocol: ${problem}`));
  const end = (reason: string) => {
    if (controller.signal.aborted) return;
    lose(reason);
    client.end();
    // A node that does not answer the goodbye keeps nothing open here.
    setTimeout(() => stream.destroy(), CLOSE_GRACE_MS).unref();
  };
  return { client, flow, stream, closed: controller.signal, fail, end };
};

/** @throws AppError `node_unreachable` with the reason */
export const untilReady = ({ client, stream, closed, fail }: SshSession, timeoutMs: number): Promise<void> =>
  new Promise((resolve, reject) => {
    let received = 0;
    const onData = (bytes: Buffer) => {
      received += bytes.length;
      if (received > MAX_HANDSHAKE_BYTES) fail('the node sent too much before the handshake ended');
    };
    const timer = setTimeout(() => fail(`no SSH handshake within ${timeoutMs} ms`), timeoutMs);
    const cleanUp = () => {
      clearTimeout(timer);
      stream.removeListener('data', onData);
      closed.removeEventListener('abort', onFailed);
    };
    const onFailed = () => {
      cleanUp();
      const reason = closed.reason instanceof Error ? closed.reason.message : 'unknown';
      reject(new AppError('node_unreachable', `The node could not be linked: ${reason}.`, { cause: closed.reason }));
    };
    stream.on('data', onData);
    closed.addEventListener('abort', onFailed, { once: true });
    client.once('ready', () => {
      cleanUp();
      resolve();
    });
    if (closed.aborted) onFailed();
  });
