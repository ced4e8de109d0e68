import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Secret } from '../log.ts';
import { readLoginKey } from './ssh-private-keys.ts';

const dir = mkdtempSync(join(tmpdir(), 'serverbox-keys-'));
afterAll(() => rmSync(dir, { recursive: true }));
let made = 0;
const makeKey = (passphrase: string, ...options: string[]) => {
  made += 1;
  const path = join(dir, String(made));
  execFileSync('ssh-keygen', ['-q', '-N', passphrase, '-f', path, ...options]);
  const printed = execFileSync('ssh-keygen', ['-lf', `${path}.pub`]).toString();
  return { text: readFileSync(path, 'utf8'), fingerprint: printed.split(' ')[1] };
};
const PASSPHRASE = 'pass phrase 1';
const read = (text: string, passphrase?: string) =>
  readLoginKey(new Secret(text), passphrase === undefined ? undefined : new Secret(passphrase));

describe.each([
  ['ed25519', ['-t', 'ed25519']],
  ['ECDSA', ['-t', 'ecdsa', '-b', '384']],
  ['RSA', ['-t', 'rsa', '-b', '2048']],
  ['RSA in PEM', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
  ['ECDSA in PKCS#8', ['-t', 'ecdsa', '-m', 'PKCS8']],
])('%s', (_, options) => {
  test('with and without a passphrase it is read, and kept without', () => {
    const plain = makeKey('', ...options);
    expect(read(plain.text).publicKey.fingerprint).toBe(plain.fingerprint);
    const sealed = makeKey(PASSPHRASE, ...options);
    const key = read(sealed.text, PASSPHRASE);
    expect(key.publicKey.fingerprint).toBe(sealed.fingerprint);
    expect(readLoginKey(key.privateKey).publicKey.fingerprint).toBe(sealed.fingerprint);
  });

  test('SH-14 a missing and a wrong passphrase are told apart', () => {
    const { text } = makeKey(PASSPHRASE, ...options);
    expect(() => read(text)).toThrow('protected by a passphrase');
    expect(() => read(text, 'not this one')).toThrow('does not open the private key');
  });
});

test('an ed25519 key in PKCS#8, and line ends of Windows, are read', () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  expect(read(pem.replaceAll('\n', '\r\n')).publicKey.type).toBe('ssh-ed25519');
});

describe('SH-14 SE-7 what cannot be used is refused by a sentence that quotes nothing', () => {
  const secret = 'canary-4711';
  const cases: [string, string, string][] = [
    ['no key', `hello ${secret}`, 'not a private key'],
    ['a torn key', makeKey('', '-t', 'ed25519').text.slice(0, 200), 'not a private key'],
    [
      'a public key',
      `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJZjZ8vKJ5Xj5XQn0cVvXb1v8b1q1zq0vX8n0wGx1m2d ${secret}`,
      'public key',
    ],
    ['a DSA key', makeKey('', '-t', 'dsa').text, 'DSA keys'],
    [
      'an Ed448 key',
      generateKeyPairSync('ed448').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      'ed448',
    ],
    ['a passphrase that takes minutes', makeKey(PASSPHRASE, '-t', 'ed25519', '-a', '200').text, 'more than 128 rounds'],
  ];
  test.each(cases)('%s', (_, text, sentence) => {
    const failure = (() => {
      try {
        return read(text, PASSPHRASE);
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toMatchObject({ code: 'bad_request', message: expect.stringContaining(sentence) });
    expect(String(failure)).not.toContain(secret);
  });
});
