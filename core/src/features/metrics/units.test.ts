import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createClockSkew } from './clock-skew.ts';
import { mergeBlocks, rollUpSamples } from './columns.ts';
import { listExpiredSlots } from './expire.ts';
import { roundToStep, tellRow, toStored, toTold } from './precision.ts';
import { DAY_MS, HOUR_MS, MINUTES, RAW, slotOf, TEN_MINUTES } from './rings.ts';
import { createLineCutter, LineTooLongError } from './wire-lines.ts';

test('lines come out whole however the bytes were cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ''))),
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      (lines, sizes) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const cut = createLineCutter(1000);
        const got: string[] = [];
        for (let start = 0; start < bytes.length; ) {
          const size = sizes.next().value;
          got.push(...cut(bytes.subarray(start, start + size)).map(String));
          start += size;
        }
        expect(got).toEqual(lines);
      },
    ),
  );
});

test('AG-7 a line beyond the limit is refused as soon as it is too long, whole or in pieces', () => {
  expect(() => createLineCutter(10)(Buffer.from(`${'x'.repeat(11)}\n`))).toThrow(LineTooLongError);
  const cut = createLineCutter(10);
  expect(cut(Buffer.from('0123456789'))).toEqual([]);
  expect(() => cut(Buffer.from('x'))).toThrow(LineTooLongError);
});

test('a value that was stored and told is told the same when it is stored again', () => {
  fc.assert(
    fc.property(fc.nat(23), fc.double({ noNaN: true, min: 0, max: 1e15 }), (index, value) => {
      const told = toTold('host', index, Math.fround(roundToStep('host', index, value)));
      expect(toTold('host', index, Math.fround(told ?? Number.NaN))).toBe(told);
    }),
  );
});

test('what is not known, or does not fit, is stored as not known', () => {
  expect([...toStored(tellRow('container', [null, 1e300, Number.NaN, 5.4]))]).toEqual([
    Number.NaN,
    Number.NaN,
    Number.NaN,
    5,
  ]);
});

test('rows of several blocks are ordered, and a row that was read twice is kept once', () => {
  const blocks = [
    { at: Float64Array.of(5, 6), columns: [Float32Array.of(50, 60)] },
    { at: Float64Array.of(1, 5, 9), columns: [Float32Array.of(10, 50, 90)] },
  ];
  expect(mergeBlocks(blocks, 1, { from: 1, to: 9 })).toEqual({
    at: Float64Array.of(1, 5, 6),
    columns: [Float32Array.of(10, 50, 60)],
  });
});

test('means and maxima pass over what is not known', () => {
  const at = Float64Array.of(0, 10, 60_000, 60_010);
  const columns = [Float32Array.of(1, 3, Number.NaN, Number.NaN), Float32Array.of(Number.NaN, 4, -2, -1)];
  expect(rollUpSamples({ at, columns }, 60_000)).toEqual({
    at: Float64Array.of(0, 60_000),
    mean: [Float32Array.of(2, Number.NaN), Float32Array.of(4, -1.5)],
    max: [Float32Array.of(3, Number.NaN), Float32Array.of(4, -1)],
  });
});

test.each([RAW, MINUTES, TEN_MINUTES])(
  'ring $table never empties a slot that holds something kept, or that is written next',
  (ring) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2000 * 24 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (hours, share) => {
          const nowMs = Date.UTC(2026, 0, 1) + hours * HOUR_MS;
          const expired = listExpiredSlots(ring, nowMs);
          expect(expired).not.toContain(slotOf(ring, nowMs - share * ring.keepMs));
          // Room is made before it is needed: a day ahead for the days, more for the others.
          expect(expired).toContain(slotOf(ring, nowMs + (ring.table === 'metric_raw' ? DAY_MS : ring.slotMs)));
        },
      ),
    );
  },
);

test('CL-1 small differences of clocks are left to the agent, large ones are corrected', () => {
  expect(createClockSkew(10_500, 10_000).toCoreTime(10_400, 12_000)).toBe(10_400);
  expect(createClockSkew(70_000, 10_000).toCoreTime(71_000, 12_000)).toBe(11_000);
});

test('CL-1 a clock that steps while connected is measured anew, a late message is not taken for one', () => {
  const skew = createClockSkew(10_000, 10_000);
  skew.observe(12_000, 20_000);
  skew.observe(17_000, 20_100);
  skew.observe(20_000, 20_200);
  expect(skew.skewMs).toBe(0);
  for (const now of [25_000, 30_000, 35_000]) skew.observe(now + 600_000, now);
  expect(skew.skewMs).toBe(600_000);
  expect(skew.toCoreTime(641_000, 41_500)).toBe(41_000);
});

test('CL-1 no agent time leads into the future or before 1970', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (hello, at) => {
      const coreTime = createClockSkew(hello, 1_700_000_000_000).toCoreTime(at, 1_700_000_001_000);
      expect(coreTime).toBeGreaterThanOrEqual(0);
      expect(coreTime).toBeLessThanOrEqual(1_700_000_001_000);
    }),
  );
});
