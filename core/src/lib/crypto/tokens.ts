/**
 * Bearer tokens that the core mints and never stores: `sbn_` (a node's credential) and `sbe_` (enrolment), then 8 public
 * characters that find the row, then 256 secret bits. They have full entropy, so one SHA-256 is enough to keep.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export const TOKEN_PREFIXES = ['sbn_', 'sbe_'] as const;
export type TokenPrefix = (typeof TOKEN_PREFIXES)[number];

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_CHARS = 8;
const SECRET_BYTES = 32;
/** ⌈256 / log₂ 62⌉ */
const SECRET_CHARS = 43;
const PATTERN = /^(?<prefix>sb[ne]_)(?<id>[0-9A-Za-z]{8})(?<secret>[0-9A-Za-z]{43})$/;

/** A number in base 62, at full length: letters and digits only, so that a double click selects the whole token. */
const toBase62 = (bytes: Buffer, chars: number): string => {
  let rest = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  for (let index = 0; index < chars; index += 1) {
    text = ALPHABET.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text;
};

/** What is stored in place of a token. */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token, 'utf8').digest();

/** Equality in a time that depends on the lengths only. */
export const equalBytes = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

/** 256 random bits as 43 letters and digits, e.g. for a refresh token. */
export const randomSecret = (): string => toBase62(randomBytes(SECRET_BYTES), SECRET_CHARS);

export interface MintedToken {
  /** Shown once, to whoever asked for it. */
  token: string;
  /** Primary key of the row. */
  id: string;
  /** `hashToken(token)`, to be stored. */
  secretHash: Buffer;
}

export const mintToken = (prefix: TokenPrefix): MintedToken => {
  const id = toBase62(randomBytes(ID_CHARS), ID_CHARS);
  const token = prefix + id + randomSecret();
  return { token, id, secretHash: hashToken(token) };
};

/** Id and hash of a token of this kind; undefined for anything else. Compare the hash with `equalBytes`. */
export const parseToken = (prefix: TokenPrefix, text: string): { id: string; secretHash: Buffer } | undefined => {
  const groups = PATTERN.exec(text)?.groups;
  if (groups?.id === undefined || groups.prefix !== prefix) return undefined;
  return { id: groups.id, secretHash: hashToken(text) };
};
