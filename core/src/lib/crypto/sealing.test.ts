import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../log.ts';
import { createSealer } from './sealing.ts';

const place = { table: 'secrets', column: 'sealed', rowId: '0190-a' };
const aSealer = (key = randomBytes(32)) => createSealer(new Secret(key));

describe('sealing', () => {
  test('any secret comes back as it was', () => {
    const sealer = aSealer();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const plain = Buffer.from(bytes);
        expect(sealer.open(sealer.seal(plain, place), place)).toEqual(plain);
      }),
    );
  });

  test('the same secret never gives the same envelope', () => {
    const sealer = aSealer();
    const envelopes = Array.from({ length: 1000 }, () => sealer.seal(Buffer.from('x'), place).toString('hex'));
    expect(new Set(envelopes).size).toBe(1000);
  });

  test('SE-2 an envelope opens in no other row, column or table', () => {
    const sealer = aSealer();
    const envelope = sealer.seal(Buffer.from('ssh key'), place);
    for (const other of [
      { ...place, rowId: '0190-b' },
      { ...place, column: 'key' },
      { ...place, table: 'nodes' },
      // The same letters, cut elsewhere.
      { table: 'secret', column: 'ssealed', rowId: '0190-a' },
    ]) {
      expect(() => sealer.open(envelope, other)).toThrow('cannot be opened');
    }
    expect(sealer.open(envelope, place).toString()).toBe('ssh key');
  });

  test('SE-3 an envelope with any one bit flipped is refused', () => {
    const sealer = aSealer();
    const envelope = sealer.seal(Buffer.from('ssh key'), place);
    for (let bit = 0; bit < envelope.length * 8; bit += 1) {
      const changed = Buffer.from(envelope);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => sealer.open(changed, place), `bit ${bit}`).toThrow('cannot be opened');
    }
  });

  test('SE-3 an envelope of any other length is refused', () => {
    const sealer = aSealer();
    const envelope = sealer.seal(Buffer.from('ssh key'), place);
    for (let length = 0; length < envelope.length; length += 1) {
      expect(() => sealer.open(envelope.subarray(0, length), place), `${length} bytes`).toThrow('cannot be opened');
    }
    expect(() => sealer.open(Buffer.concat([envelope, Buffer.alloc(1)]), place)).toThrow('cannot be opened');
  });

  test('SE-3 an envelope of another version is refused', () => {
    const sealer = aSealer();
    const envelope = sealer.seal(Buffer.from('ssh key'), place);
    for (const version of [0, 2, 255]) {
      envelope.writeUInt8(version, 0);
      expect(() => sealer.open(envelope, place)).toThrow('cannot be opened');
    }
  });

  test('an envelope of another master key is refused and says so in the detail', () => {
    const envelope = aSealer().seal(Buffer.from('ssh key'), place);
    expect(() => aSealer().open(envelope, place)).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ reason: 'sealed with another master key' }) }),
    );
  });
});
