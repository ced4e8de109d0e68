/** The SSH client of one link, from the first byte until it is authenticated on both sides. Every failure ends in `closed`. */
import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Client, ConnectConfig } from 'ssh2';
import ssh2 from 'ssh2';
import { AppError } from '../errors.ts';
import { prepareCipherKeys } from './ssh-cipher-keys.ts';
import type { SshFlow } from './ssh-flow.ts';
import { controlFlow, isStrictExchange } from './ssh-flow.ts';
import type { StartLogin } from './ssh-login.ts';

const CLOSE_GRACE_MS = 1000;
/** Two unanswered requests and the third tick: a half-open peer is found within 36 s. */
const KEEPALIVE = { keepaliveInterval: 12_000, keepaliveCountMax: 2 };
/** An honest handshake takes about 3 KB. */
const MAX_HANDSHAKE_BYTES = 256 * 1024;

export interface SessionOptions {
  stream: Duplex;
  algorithms: NonNullable<ConnectConfig['algorithms']>;
  /**
   * Called with the key that the host shows, before anything is sent that proves who we are. What it returns ends the connection; undefined goes on. `isStrict`: whether the exchange is safe against packets cut out of it.
   */
  judgeHostKey(key: Buffer, isStrict: boolean): Error | undefined;
  startLogin: StartLogin;
  /** Initial receive window of a channel, where its opening says nothing else. */
  windowBytes: number;
  /** Takes the further host keys that the host proves to hold, once. Without it they are not asked for. */
  learnHostKeys?: ((keys: Buffer[]) => void) | undefined;
}

export interface SshSession {
  client: Client;
  flow: SshFlow;
  stream: Duplex;
  closed: AbortSignal;
  /** Ends the link at once. Only the first reason counts. */
  fail(reason: string | Error): void;
  /** Ends the link, telling the node. */
  end(reason: string | Error): void;
}

const isRefusal = (error: Error): boolean => 'level' in error && error.level === 'client-authentication';
const errorOf = (reason: string | Error): Error => (reason instanceof Error ? reason : new Error(reason));

/** Starts the client. From here on every failure of stream or client ends in `closed`, with the first reason. */
export const startSession = (options: SessionOptions): SshSession => {
  const { stream, judgeHostKey, windowBytes, learnHostKeys } = options;
  const login = options.startLogin();
  const client = new ssh2.Client();
  const controller = new AbortController();
  const lose = (reason: string | Error) => {
    if (!controller.signal.aborted) controller.abort(errorOf(reason));
  };
  const fail = (reason: string | Error) => {
    lose(reason);
    stream.destroy();
  };
  stream.setMaxListeners(0);
  setMaxListeners(0, controller.signal); // each channel listens
  client.on('error', (error) => fail(isRefusal(error) ? login.refused(error.message) : error.message));
  client.on('change password', () => fail(login.refused('the password has expired')));
  client.on('close', () => fail('the connection ended'));
  client.on('end', () => fail('the node ended the connection'));
  client.on('handshake', () => prepareCipherKeys(client));

  client.connect({
    sock: stream,
    username: login.username,
    ident: 'serverbox',
    algorithms: options.algorithms,
    ...KEEPALIVE,
    readyTimeout: 0, // the caller's deadline covers more than ssh2's
    strictVendor: false, // Unix sockets are forwarded by agents, too, not only by OpenSSH
    hostVerifier: (key: Buffer) => {
      const problem = judgeHostKey(key, isStrictExchange(client));
      if (problem !== undefined) fail(problem);
      return problem === undefined;
    },
    authHandler: login.attempt,
  });
  const flow = controlFlow(client, windowBytes, {
    onViolation: (problem) => fail(`the node broke the protocol: ${problem}`),
    learnHostKeys,
  });
  const end = (reason: string | Error) => {
    if (controller.signal.aborted) return;
    lose(reason);
    client.end();
    // A node that does not answer the goodbye keeps nothing open here.
    setTimeout(() => stream.destroy(), CLOSE_GRACE_MS).unref();
  };
  return { client, flow, stream, closed: controller.signal, fail, end };
};

/** @throws AppError that ended the session, or else `node_unreachable` with the reason */
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
      if (closed.reason instanceof AppError) reject(closed.reason);
      else
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
