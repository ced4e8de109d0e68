/**
 * Private keys that people bring along: OpenSSH's own form, PEM (PKCS#1, SEC1, PKCS#8) and PuTTY's, with or without a
 * passphrase. They are kept without it: whoever can open the envelope that holds the key could open one with the passphrase
 * too, and undoing it takes a third of a second each time.
 */
import type { KeyObject } from 'node:crypto';
import { createPrivateKey } from 'node:crypto';
import type { ParsedKey } from 'ssh2';
import ssh2 from 'ssh2';
import { AppError } from '../errors.ts';
import { Secret } from '../log.ts';
import type { PublicKey } from './ssh-keys.ts';
import { publicKeyOf, writePrivateKey } from './ssh-keys.ts';

/** A key to log in with. */
export interface LoginKey {
  /** Without a passphrase, in a form that `parseLoginKey` and ssh2 read. */
  privateKey: Secret;
  publicKey: PublicKey;
}

/** One round of bcrypt keeps this process busy for about 20 ms; ssh-keygen makes 16, and 100 for those who ask for many. */
const MAX_KDF_ROUNDS = 128;
const KDF_ROUNDS = /^-----BEGIN OPENSSH PRIVATE KEY-----\s+(?<base64>[A-Za-z0-9+/=\s]+?)\s+-----END/;
const PKCS8 = /^-----BEGIN (?:ENCRYPTED )?PRIVATE KEY-----/;

const refuse = (sentence: string): AppError => new AppError('bad_request', sentence);
const NO_KEY = 'This is not a private key in OpenSSH or PEM form.';
const NEEDS_PASSPHRASE = 'The private key is protected by a passphrase: give it along.';
const WRONG_PASSPHRASE = 'The passphrase does not open the private key.';

/** Refuses a key whose passphrase would take minutes to undo (PROTOCOL.key of OpenSSH: cipher, kdf, salt and rounds). */
const checkRounds = (text: string): void => {
  const base64 = KDF_ROUNDS.exec(text)?.groups?.base64;
  if (base64 === undefined) return;
  const bytes = Buffer.from(base64, 'base64');
  let at = 'openssh-key-v1\0'.length;
  const next = (): Buffer => {
    const length = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0;
    const field = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return field;
  };
  next();
  next();
  const options = next();
  if (options.length < 8) return;
  if (options.readUInt32BE(options.length - 4) > MAX_KDF_ROUNDS) {
    throw refuse(`The passphrase is stretched by more than ${MAX_KDF_ROUNDS} rounds: save the key with fewer (-a 16).`);
  }
};

/** The library's messages may quote the input; each becomes a sentence that does not. */
const refusalOf = (message: string, passphrase: Secret | undefined): AppError => {
  if (/no passphrase given|Passphrase required/i.test(message)) return refuse(NEEDS_PASSPHRASE);
  if (passphrase !== undefined && /bad passphrase|integrity|bad decrypt/i.test(message))
    return refuse(WRONG_PASSPHRASE);
  if (/dsa|ssh-dss/i.test(message)) return refuse('DSA keys are not taken any more: OpenSSH has given them up.');
  return refuse(NO_KEY);
};

const parseWithSsh2 = (text: string, passphrase: Secret | undefined): ParsedKey => {
  checkRounds(text);
  const parsed: unknown = ssh2.utils.parseKey(text, passphrase?.reveal());
  const key = Array.isArray(parsed) ? (parsed[0] as unknown) : parsed;
  if (key instanceof Error) throw refusalOf(key.message, passphrase);
  return key as ParsedKey;
};

const parsePkcs8 = (text: string, passphrase: Secret | undefined): KeyObject => {
  if (passphrase === undefined && text.startsWith('-----BEGIN ENCRYPTED')) throw refuse(NEEDS_PASSPHRASE);
  try {
    return createPrivateKey({ key: text, ...(passphrase === undefined ? {} : { passphrase: passphrase.reveal() }) });
  } catch {
    // The library's message may quote the input.
    throw refuse(passphrase === undefined ? NO_KEY : WRONG_PASSPHRASE);
  }
};

/** The form that ssh2 reads for each type. */
const write = (key: KeyObject): Secret => {
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return writePrivateKey(key);
    case 'rsa':
      return new Secret(key.export({ type: 'pkcs1', format: 'pem' }) as string);
    case 'ec':
      return new Secret(key.export({ type: 'sec1', format: 'pem' }) as string);
    default:
      throw refuse(`Keys of the type ${key.asymmetricKeyType} are not taken: use ed25519, ECDSA or RSA.`);
  }
};

const TYPES = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))$/;

/**
 * Reads a private key and takes its passphrase off. May take a second where there is one.
 * @throws AppError `bad_request` with a sentence that says what is wrong and quotes nothing
 */
export const readLoginKey = (text: Secret, passphrase?: Secret): LoginKey => {
  const trimmed = text.reveal().trim().replaceAll('\r\n', '\n');
  const pem = PKCS8.test(trimmed)
    ? write(parsePkcs8(trimmed, passphrase))
    : new Secret(parsePrivatePem(trimmed, passphrase));
  const privateKey = PKCS8.test(pem.reveal()) ? write(createPrivateKey(pem.reveal())) : pem;
  return { privateKey, publicKey: publicKeyOf(Buffer.from(parseLoginKey(privateKey).getPublicSSH())) };
};

const parsePrivatePem = (text: string, passphrase: Secret | undefined): string => {
  const parsed = parseWithSsh2(text, passphrase);
  if (parsed.type === 'ssh-dss') throw refusalOf('ssh-dss', passphrase);
  if (!parsed.isPrivateKey()) throw refuse('This is a public key: give the private one, whose file has no ".pub".');
  if (!TYPES.test(parsed.type))
    throw refuse(`Keys of the type ${parsed.type} are not taken: use ed25519, ECDSA or RSA.`);
  return parsed.getPrivatePEM();
};

/** @throws Error when the text is none that `readLoginKey` has written */
export const parseLoginKey = (privateKey: Secret): ParsedKey => {
  const parsed = ssh2.utils.parseKey(privateKey.reveal());
  if (parsed instanceof Error || !parsed.isPrivateKey()) throw new Error('the stored private key cannot be read');
  return parsed;
};
