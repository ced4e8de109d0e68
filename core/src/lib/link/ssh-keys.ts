/**
 * Keys as SSH writes them (RFC 4253 section 6.6, RFC 8709): a pinned key is compared as bytes, a fingerprint is for people.
 * Between core and agents only ed25519 is accepted: every agent makes such a key, and one algorithm leaves nothing to
 * negotiate down to. Keys of users and of sshd have other types, too (`ssh-private-keys.ts`).
 */
import type { KeyObject } from 'node:crypto';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { ParsedKey } from 'ssh2';
import ssh2 from 'ssh2';
import { AppError } from '../errors.ts';
import { Secret } from '../log.ts';

const TYPE = 'ssh-ed25519';
const ONE_LINE = /^ssh-ed25519 (?<blob>[A-Za-z0-9+/]{68})$/;
/** The blob's own type field: its length, then its name. The 32 bytes of the key follow with their length. */
const BLOB_PREFIX = Buffer.concat([Buffer.from([0, 0, 0, TYPE.length]), Buffer.from(TYPE), Buffer.from([0, 0, 0, 32])]);

/** A public key: `blob` is what travels on the wire, `line` is the `ssh-ed25519 AAAA…` form without a comment. */
export interface PublicKey {
  /** As inside the blob: `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, … */
  type: string;
  line: string;
  blob: Buffer;
  /** `SHA256:` and unpadded base64, as OpenSSH prints it. */
  fingerprint: string;
}

/** The key that this core proves itself with, to agents and as an SSH client. */
export interface ClientKey {
  privateKey: Secret;
  publicKey: PublicKey;
  /** An ed25519 signature, 64 bytes (RFC 8032). */
  sign(bytes: Buffer): Buffer;
}

const TYPE_NAME = /^[a-z0-9@.-]{1,64}$/;

/** A key of any type by its blob, which comes from the network. @throws AppError `bad_request` when it names no type */
export const publicKeyOf = (blob: Buffer): PublicKey => {
  const end = blob.length < 4 ? 0 : 4 + blob.readUInt32BE(0);
  const type = blob.toString('latin1', 4, Math.min(end, blob.length, 100));
  if (end >= blob.length || !TYPE_NAME.test(type)) throw new AppError('bad_request', 'This is no public SSH key.');
  return {
    type,
    line: `${type} ${blob.toString('base64')}`,
    blob,
    fingerprint: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/==?$/, '')}`,
  };
};

/** A key of any type from the `type base64` form in which it was stored. @throws AppError `bad_request` */
export const parseKeyLine = (line: string): PublicKey =>
  publicKeyOf(Buffer.from(line.split(' ', 2)[1] ?? '', 'base64'));

/** @throws AppError `bad_request` unless it is exactly one ed25519 key in one-line form, without options or comment */
export const parsePublicKey = (line: unknown): PublicKey => {
  const base64 = typeof line === 'string' ? ONE_LINE.exec(line)?.groups?.blob : undefined;
  const blob = base64 === undefined ? undefined : Buffer.from(base64, 'base64');
  if (blob === undefined || blob.length !== BLOB_PREFIX.length + 32 || !blob.subarray(0, -32).equals(BLOB_PREFIX)) {
    throw new AppError('bad_request', 'The key is not an ed25519 public key in the form "ssh-ed25519 AAAA…".');
  }
  return publicKeyOf(blob);
};

const parsePrivate = (text: string): ParsedKey => {
  const parsed = ssh2.utils.parseKey(text);
  // The library's message may quote the input; say only what is wrong.
  if (parsed instanceof Error || !parsed.isPrivateKey() || parsed.type !== TYPE) {
    throw new Error('the stored client key is not an ed25519 private key');
  }
  return parsed;
};

/** @throws Error when the text is no ed25519 private key in OpenSSH form */
export const openClientKey = (privateKey: Secret): ClientKey => {
  const parsed = parsePrivate(privateKey.reveal());
  return {
    privateKey,
    publicKey: publicKeyOf(Buffer.from(parsed.getPublicSSH())),
    sign: (bytes) => parsed.sign(bytes),
  };
};

const field = (bytes: Buffer | string): Buffer => {
  const content = Buffer.from(bytes as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
};
const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const jwkBytes = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url');

/** An ed25519 private key in OpenSSH form (PROTOCOL.key of OpenSSH), unencrypted. */
export const writePrivateKey = (privateKey: KeyObject): Secret => {
  const jwk = privateKey.export({ format: 'jwk' });
  const [seed, key] = [jwkBytes(jwk.d), jwkBytes(jwk.x)];
  const check = randomBytes(4);
  const parts = [check, check, field(TYPE), field(key), field(Buffer.concat([seed, key])), field('')];
  const unpadded = Buffer.concat(parts);
  // Without encryption the block size is 8; the padding counts 1, 2, 3, …
  const padding = Buffer.from(Array.from({ length: -unpadded.length & 7 }, (_, i) => i + 1));
  const container = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[field('none'), field('none'), field(''), number(1)],
    field(Buffer.concat([BLOB_PREFIX, key])),
    field(Buffer.concat([unpadded, padding])),
  ]);
  const lines = container.toString('base64').match(/.{1,70}/g) ?? [];
  return new Secret(`-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`);
};

/** Not by ssh2's generator: of its ed25519 keys one in 256 is malformed, because it drops a zero byte. */
export const generatePrivateKey = (): Secret => writePrivateKey(generateKeyPairSync('ed25519').privateKey);
