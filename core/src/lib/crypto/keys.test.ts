import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { Secret } from '../log.ts';
import type { KeyPurpose } from './keys.ts';
import { deriveKey, keyId } from './keys.ts';

const master = new Secret(Buffer.alloc(32, 7));

test('keys of different purposes and the key id have nothing in common', () => {
  const purposes: KeyPurpose[] = ['audit', 'seal', 'token'];
  const keys = purposes.map((purpose) => deriveKey(master, purpose).toString('hex'));
  expect(new Set(keys).size).toBe(3);
  expect(keys.some((key) => key.startsWith(keyId(master).toString('hex')))).toBe(false);
});

test('derivation is HKDF-SHA256 of RFC 5869, checked against its two HMAC steps', () => {
  const extracted = createHmac('sha256', 'serverbox').update(master.reveal()).digest();
  const expanded = createHmac('sha256', extracted)
    .update('serverbox/v1/seal')
    .update(Buffer.from([1]))
    .digest();
  expect(deriveKey(master, 'seal')).toEqual(expanded);
});
