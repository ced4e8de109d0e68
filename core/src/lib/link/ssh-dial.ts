/** One authenticated connection to the sshd of a host: the host proves its key first, then the core proves itself. */
import type { Duplex } from 'node:stream';
import { AppError } from '../errors.ts';
import type { Slots } from './slots.ts';
import { sshdAlgorithms } from './ssh-algorithms.ts';
import { WINDOW_BYTES } from './ssh-calls.ts';
import type { PublicKey } from './ssh-keys.ts';
import { publicKeyOf } from './ssh-keys.ts';
import type { StartLogin } from './ssh-login.ts';
import type { SshSession } from './ssh-session.ts';
import { startSession, untilReady } from './ssh-session.ts';

export interface SshHost {
  startLogin: StartLogin;
  /** The accepted key; undefined on first contact, which ends with `HostKeyRefused`. */
  pinned: PublicKey | undefined;
  /** Keys that the host has vouched for while it held the pinned one: it may change to one of them. */
  learnt: readonly PublicKey[];
  /** SHA-1, block chaining and exchanges without strict order, for a host that cannot be brought up to date. */
  allowsWeak: boolean;
}

export interface DialledHost {
  session: SshSession;
  /** The key that the host has proven: the pinned one, or one that was learnt. */
  hostKey: PublicKey;
}

/** The host showed a key that nobody accepted. It was sent no user name and no proof. */
export class HostKeyRefused extends AppError {
  readonly offered: PublicKey;
  constructor(offered: PublicKey, pinned: PublicKey | undefined) {
    const sentence =
      pinned === undefined
        ? `First contact: the host shows the ${offered.type} key ${offered.fingerprint}. Accept it to go on.`
        : `The host shows the key ${offered.fingerprint} instead of the pinned ${pinned.fingerprint}.`;
    super(pinned === undefined ? 'host_key_unknown' : 'host_key_changed', sentence);
    this.offered = offered;
  }
}

const NOT_STRICT =
  'The SSH server of the host is too old for strict key exchange (CVE-2023-48795). Update it, or allow weak algorithms for this node.';
const SILENT_END =
  'The host ended the connection before it said anything. Does an SSH server listen there, and does it let this address in?';
const NO_COMMON = /no matching (?<what>[\w ]+)/;
const MAX_HANDSHAKE_MS = 10_000;

/** What ssh2 says, with what can be done about it. */
const explain = (error: unknown): unknown => {
  if (!(error instanceof AppError) || error.code !== 'node_unreachable') return error;
  if (error.message.includes('lost before handshake')) return new AppError(error.code, SILENT_END, { cause: error });
  const what = NO_COMMON.exec(error.message)?.groups?.what;
  if (what === undefined) return error;
  const sentence = `The host offers no ${what} that is safe. Update its SSH server, or allow weak algorithms for this node.`;
  return new AppError('node_unreachable', sentence, { cause: error });
};

/**
 * Takes over the stream, also when it fails. `slots` bound how many handshakes compute at the same time.
 * @throws HostKeyRefused, AppError `ssh_auth_failed` | `node_unreachable`, within 10 s
 */
export const dialHost = (
  host: SshHost,
  stream: Duplex,
  options: { slots: Slots; learnHostKeys?: (keys: PublicKey[]) => void },
): Promise<DialledHost> =>
  options.slots.run(async () => {
    if (stream.destroyed) throw new AppError('node_unreachable', SILENT_END);
    const { pinned, learnt, allowsWeak } = host;
    const known = pinned === undefined ? [] : [pinned, ...learnt];
    let hostKey: PublicKey | undefined;
    const session = startSession({
      stream,
      algorithms: sshdAlgorithms(
        known.map(({ type }) => type),
        allowsWeak,
      ),
      judgeHostKey: (blob, isStrict) => {
        if (!isStrict && !allowsWeak) return new AppError('node_unreachable', NOT_STRICT);
        hostKey = known.find((key) => key.blob.equals(blob));
        return hostKey === undefined ? new HostKeyRefused(publicKeyOf(blob), pinned) : undefined;
      },
      startLogin: host.startLogin,
      windowBytes: WINDOW_BYTES,
      learnHostKeys: (blobs) => options.learnHostKeys?.(blobs.map(publicKeyOf)),
    });
    try {
      await untilReady(session, MAX_HANDSHAKE_MS);
    } catch (error) {
      throw explain(error);
    }
    if (hostKey === undefined) throw new Error('a session was ready without a verified host key');
    return { session, hostKey };
  });
