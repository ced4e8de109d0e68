/** Every key that the program uses is derived from the one master key, by purpose: none of them opens what another sealed. */
import { hkdfSync } from 'node:crypto';
import type { Secret } from '../log.ts';

/** 32 bytes that seal everything else; see `master-key.ts`. */
export type MasterKey = Secret<Buffer>;

/** `audit` keys the chain of the audit trail, `seal` encrypts stored secrets, `token` signs access tokens. */
export type KeyPurpose = 'audit' | 'seal' | 'token';

const SALT = 'serverbox';

const expand = (master: MasterKey, info: string, sizeBytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', master.reveal(), SALT, info, sizeBytes));

/** HKDF-SHA256 (RFC 5869), 32 bytes. The same master key and purpose always give the same key. */
export const deriveKey = (master: MasterKey, purpose: KeyPurpose): Buffer =>
  expand(master, `serverbox/v1/${purpose}`, 32);

/** A public name of the master key, 4 bytes: tells which key an envelope needs, and nothing about it. */
export const keyId = (master: MasterKey): Buffer => expand(master, 'serverbox/v1/key-id', 4);
