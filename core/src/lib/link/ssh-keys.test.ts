import { execFileSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Secret } from '../log.ts';
import { generatePrivateKey, openClientKey, parsePublicKey } from './ssh-keys.ts';

const LINE = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJZjZ8vKJ5Xj5XQn0cVvXb1v8b1q1zq0vX8n0wGx1m2d';

describe('parsePublicKey', () => {
  test('the fingerprint is the one that ssh-keygen prints', () => {
    const printed = execFileSync('ssh-keygen', ['-lf', '-'], { input: `${LINE}\n` }).toString();
    expect(printed.split(' ')[1]).toBe(parsePublicKey(LINE).fingerprint);
  });

  test.each([
    ['a comment', `${LINE} root@web`],
    ['options', `command="sh" ${LINE}`],
    ['a second line', `${LINE}\n${LINE}`],
    ['another algorithm', 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7'],
    ['another algorithm inside the blob', LINE.replace('AAAAC3NzaC1lZDI1NTE5', 'AAAAC3NzaC1lZDI1NTE4')],
    ['a blob that is too short', LINE.slice(0, -4)],
    ['nothing', ''],
    ['no string', 7],
  ])('a key with %s is refused', (_, line) => {
    expect(() => parsePublicKey(line)).toThrow('not an ed25519 public key');
  });
});

describe('generatePrivateKey', () => {
  test('every generated key can be read, also where a part of it begins or ends with zeros', () => {
    for (let i = 0; i < 1500; i += 1) {
      const key = openClientKey(generatePrivateKey());
      expect(key.publicKey.blob).toHaveLength(51);
    }
  });

  test('OpenSSH reads a generated key and finds the same public half', () => {
    const directory = mkdtempSync(join(tmpdir(), 'serverbox-key-'));
    try {
      const privateKey = generatePrivateKey();
      const path = join(directory, 'key');
      writeFileSync(path, privateKey.reveal(), { mode: 0o600 });
      expect(execFileSync('ssh-keygen', ['-y', '-f', path]).toString().trim()).toBe(
        openClientKey(privateKey).publicKey.line,
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe('openClientKey', () => {
  test('a generated key signs so that plain ed25519 verifies it', () => {
    const key = openClientKey(generatePrivateKey());
    const x = key.publicKey.blob.subarray(-32).toString('base64url');
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const bytes = Buffer.from('serverbox-challenge-v1\n00\n');
    expect(verify(null, bytes, publicKey, key.sign(bytes))).toBe(true);
    expect(parsePublicKey(key.publicKey.line)).toEqual(key.publicKey);
  });

  test('text that is no key is refused without being quoted', () => {
    expect(() => openClientKey(new Secret('hunter2'))).toThrow(/^the stored client key is not an ed25519 private key$/);
  });
});
