import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packBlock, unpackBlock } from './block.ts';
import { createByteReader, createByteWriter, DamagedError } from './bytes.ts';

const sameBits = (left: Float32Array, right: Float32Array): boolean =>
  left.length === right.length && left.every((value, index) => Object.is(value, right[index]));

const float = fc.oneof(
  fc.float({ noNaN: false }),
  fc.constantFrom(
    0,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    3.4028234663852886e38,
    1.401298464324817e-45,
  ),
  fc.integer().map(Math.fround),
  fc.integer({ min: 0, max: 10_000 }).map((n) => Math.fround(n / 10_000)),
  fc.integer({ min: 0, max: 2 ** 31 - 1 }).map((n) => Math.fround(n * 1024)),
);
const instant = fc.integer({ min: -(2 ** 50), max: 2 ** 50 });
const block = fc
  .record({ at: fc.array(instant, { maxLength: 60 }), width: fc.integer({ min: 0, max: 6 }) })
  .chain(({ at, width }) =>
    fc.record({
      at: fc.constant(Float64Array.from(at)),
      columns: fc.array(
        fc.array(float, { minLength: at.length, maxLength: at.length }).map((values) => Float32Array.from(values)),
        { minLength: width, maxLength: width },
      ),
    }),
  );

test('a block of any floats and any instants comes back bit for bit', () => {
  fc.assert(
    fc.property(block, (given) => {
      const back = unpackBlock(packBlock(given));
      expect(back.at).toEqual(given.at);
      expect(back.columns.length).toBe(given.columns.length);
      for (const [index, column] of given.columns.entries()) {
        expect(sameBits(back.columns[index] ?? new Float32Array(), column)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test('only the wanted columns are decoded, in the wanted order', () => {
  const at = Float64Array.of(1000, 2000);
  const columns = [Float32Array.of(1, 2), Float32Array.of(3, 4), Float32Array.of(5, 6)];
  expect(unpackBlock(packBlock({ at, columns }), [2, 0]).columns).toEqual([columns[2], columns[0]]);
});

test('a column that the block does not have yet is not known, rather than zero', () => {
  const packed = packBlock({ at: Float64Array.of(1), columns: [Float32Array.of(7)] });
  expect(unpackBlock(packed, [1]).columns).toEqual([Float32Array.of(Number.NaN)]);
});

test('columns of unequal length are refused', () => {
  expect(() => packBlock({ at: Float64Array.of(1, 2), columns: [Float32Array.of(1)] })).toThrow(RangeError);
});

test('damaged bytes are an error, never a crash or an endless loop', () => {
  const packed = packBlock({
    at: Float64Array.from({ length: 50 }, (_, index) => 1_700_000_000_000 + index * 5000),
    columns: [Float32Array.from({ length: 50 }, (_, index) => Math.sin(index)), new Float32Array(50)],
  });
  fc.assert(
    fc.property(
      fc.nat(packed.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.nat(packed.length),
      (at, flip, cutAt) => {
        const broken = Buffer.from(packed);
        broken.writeUInt8(broken.readUInt8(at) ^ flip, at);
        for (const bytes of [broken, packed.subarray(0, cutAt), Buffer.of(1, ...broken)]) {
          try {
            unpackBlock(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(DamagedError);
          }
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('whole numbers of any size survive as varints', () => {
  fc.assert(
    fc.property(
      fc.array(fc.maxSafeNat()),
      fc.array(fc.integer({ min: -(2 ** 51), max: 2 ** 51 })),
      (naturals, integers) => {
        const writer = createByteWriter(1);
        for (const value of naturals) writer.varint(value);
        for (const value of integers) writer.signed(value);
        const reader = createByteReader(writer.view());
        expect(naturals.map(() => reader.varint())).toEqual(naturals);
        expect(integers.map(() => reader.signed())).toEqual(integers);
        expect(reader.left).toBe(0);
      },
    ),
  );
});

/** 720 readings of a busy machine, packed by the first version of this format. */
const RECORDED = new URL('fixtures/host-720.bin', import.meta.url);

test('what the first version packed can still be read, and real readings take at most 1.1 bytes a value', () => {
  const recorded = readFileSync(RECORDED);
  const block = unpackBlock(recorded);
  expect(block.at).toHaveLength(720);
  expect(block.columns).toHaveLength(24);
  const packed = packBlock(block);
  expect(unpackBlock(packed)).toEqual(block);
  expect(packed.length / (720 * 24)).toBeLessThanOrEqual(1.1);
});
