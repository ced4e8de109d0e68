/**
 * Envelopes for secrets at rest: AES-256-GCM. The associated data names the table, column and row, so an envelope that is
 * copied to another place does not open there.
 *
 * Layout: version (1 byte) · key id (4) · nonce (12, random) · ciphertext · tag (16). With random nonces one key is good
 * for 2³² envelopes (NIST SP 800-38D, 8.3): secrets are written by hand or once per node, far below that.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError } from '../errors.ts';
import type { MasterKey } from './keys.ts';
import { deriveKey, keyId } from './keys.ts';

/** Where an envelope is stored. Part of its authentication: moving a row's id or renaming a column makes it unreadable. */
export interface SealedPlace {
  table: string;
  column: string;
  rowId: string;
}

export interface Sealer {
  /** Encrypts for one place; two calls never give the same bytes. */
  seal(plain: Buffer, place: SealedPlace): Buffer;
  /** @throws AppError `internal` when the envelope was changed, moved, or sealed with another key */
  open(envelope: Buffer, place: SealedPlace): Buffer;
}

const VERSION = 1;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES;
const ALGORITHM = 'aes-256-gcm';
const OPTIONS = { authTagLength: TAG_BYTES };

/** Each part with its length before it: ("ab","c") and ("a","bc") must differ. */
const associatedData = (header: Buffer, { table, column, rowId }: SealedPlace): Buffer => {
  const parts = [table, column, rowId].flatMap((text) => {
    const bytes = Buffer.from(text, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return Buffer.concat([header, ...parts]);
};

const cannotOpen = (reason: string, place: SealedPlace, cause?: unknown): AppError =>
  new AppError('internal', 'A stored secret cannot be opened.', { detail: { reason, ...place }, cause });

const checkHeader = (envelope: Buffer, id: Buffer, place: SealedPlace): void => {
  if (envelope.length < HEADER_BYTES + TAG_BYTES) throw cannotOpen('truncated', place);
  if (envelope[0] !== VERSION) throw cannotOpen('unknown version', place);
  if (!envelope.subarray(1, 1 + KEY_ID_BYTES).equals(id)) throw cannotOpen('sealed with another master key', place);
};

export const createSealer = (master: MasterKey): Sealer => {
  const key = deriveKey(master, 'seal');
  const id = keyId(master);
  return {
    seal: (plain, place) => {
      const header = Buffer.concat([Buffer.from([VERSION]), id, randomBytes(NONCE_BYTES)]);
      const cipher = createCipheriv(ALGORITHM, key, header.subarray(1 + KEY_ID_BYTES), OPTIONS);
      cipher.setAAD(associatedData(header, place));
      return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open: (envelope, place) => {
      checkHeader(envelope, id, place);
      const header = envelope.subarray(0, HEADER_BYTES);
      const decipher = createDecipheriv(ALGORITHM, key, header.subarray(1 + KEY_ID_BYTES), OPTIONS);
      decipher.setAAD(associatedData(header, place));
      decipher.setAuthTag(envelope.subarray(-TAG_BYTES));
      try {
        return Buffer.concat([decipher.update(envelope.subarray(HEADER_BYTES, -TAG_BYTES)), decipher.final()]);
      } catch (cause) {
        throw cannotOpen('changed or moved', place, cause);
      }
    },
  };
};
