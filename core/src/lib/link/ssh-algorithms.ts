/**
 * Which algorithms a connection may be made with. A man in the middle can choose among what both sides offer until the host
 * key has been checked, so what is weak is not offered at all, unless somebody allowed it for one node.
 */
import type { ConnectConfig } from 'ssh2';

type Algorithms = NonNullable<ConnectConfig['algorithms']>;

/** Agents are ours: one choice each. GCM first, because it is the fastest on any machine with AES instructions. */
export const AGENT_ALGORITHMS: Algorithms = {
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org'],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'],
  compress: ['none'],
};

const STRONG = {
  kex: [
    ...['curve25519-sha256', 'curve25519-sha256@libssh.org'],
    ...['ecdh-sha2-nistp256', 'ecdh-sha2-nistp384', 'ecdh-sha2-nistp521'],
    ...['diffie-hellman-group16-sha512', 'diffie-hellman-group18-sha512'],
    ...['diffie-hellman-group-exchange-sha256', 'diffie-hellman-group14-sha256'],
  ],
  serverHostKey: [
    'ssh-ed25519',
    ...['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
    ...['rsa-sha2-512', 'rsa-sha2-256'],
  ],
  cipher: [
    ...['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com'],
    ...['aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
  ],
  hmac: [...['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'], ...['hmac-sha2-256', 'hmac-sha2-512']],
};

/** SHA-1 signatures and exchanges, block chaining, 64-bit blocks: for hosts that cannot be brought up to date. */
const WEAK: typeof STRONG = {
  kex: ['diffie-hellman-group-exchange-sha1', 'diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'],
  serverHostKey: ['ssh-rsa'],
  cipher: ['aes256-cbc', 'aes128-cbc', '3des-cbc'],
  hmac: ['hmac-sha1-etm@openssh.com', 'hmac-sha1'],
};

/** RSA keys are signed with in three ways; the type of the key is one and the same. */
const keyTypeOf = (algorithm: string): string => (algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm);

/**
 * For a connection to sshd. The types of the keys that are known come first: a host with several keys shows the one that is
 * asked for, and another one than the pinned would look like an attack.
 */
export const sshdAlgorithms = (knownTypes: readonly string[], allowsWeak: boolean): Algorithms => {
  const offered = (name: keyof typeof STRONG): string[] => [...STRONG[name], ...(allowsWeak ? WEAK[name] : [])];
  const isKnown = (algorithm: string): boolean => knownTypes.includes(keyTypeOf(algorithm));
  const hostKeys = offered('serverHostKey');
  return {
    kex: offered('kex'),
    serverHostKey: [...hostKeys.filter(isKnown), ...hostKeys.filter((algorithm) => !isKnown(algorithm))],
    cipher: offered('cipher'),
    hmac: offered('hmac'),
    compress: ['none'],
  } as Algorithms;
};
