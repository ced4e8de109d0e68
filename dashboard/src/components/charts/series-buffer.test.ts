import type { Series } from '@serverbox/contract/series';
import { expect, test, vi } from 'vitest';
import { createSeriesBuffer } from './series-buffer.ts';

const T = 1_700_000_000_000;
const history = (resolution: Series['resolution'], points: [number, number | null][]): Series => ({
  resolution,
  at: points.map(([second]) => T + second * 1000),
  values: { cpuRatio: points.map(([, value]) => value) },
  max: {},
});
const shown = (buffer: ReturnType<typeof createSeriesBuffer>, column = 0) =>
  buffer.at().map((atMs, i) => [(atMs - T) / 1000, buffer.column(column)[i]]);

test('live points continue the history and repeated or older ones are passed over', () => {
  const buffer = createSeriesBuffer(['cpuRatio']);
  buffer.load(
    history('raw', [
      [0, 0.1],
      [5, 0.2],
    ]),
  );
  buffer.append(T + 5000, [0.9]);
  buffer.append(T + 3000, [0.9]);
  buffer.append(T + 6000, [0.3]);
  expect(shown(buffer)).toEqual([
    [0, 0.1],
    [5, 0.2],
    [6, 0.3],
  ]);
});

test('history that arrives after live points goes before them and replaces what both have', () => {
  const buffer = createSeriesBuffer(['cpuRatio']);
  buffer.append(T + 8000, [0.8]);
  buffer.append(T + 9000, [0.9]);
  buffer.load(
    history('raw', [
      [0, 0.1],
      [5, 0.2],
      [8, 0.25],
    ]),
  );
  expect(shown(buffer)).toEqual([
    [0, 0.1],
    [5, 0.2],
    [8, 0.25],
    [9, 0.9],
  ]);
});

test('a stretch without samples is a gap in every column, not a line', () => {
  const buffer = createSeriesBuffer(['cpuRatio', 'load1']);
  buffer.append(T, [0.1, 1]);
  buffer.append(T + 60_000, [0.2, 2]);
  expect(shown(buffer)).toEqual([
    [0, 0.1],
    [0.001, null],
    [60, 0.2],
  ]);
  expect(shown(buffer, 1)).toEqual([
    [0, 1],
    [0.001, null],
    [60, 2],
  ]);
});

test('minute means are no gaps of raw samples', () => {
  const buffer = createSeriesBuffer(['cpuRatio']);
  buffer.load(
    history('1m', [
      [0, 0.1],
      [60, 0.2],
      [120, 0.3],
    ]),
  );
  expect(shown(buffer)).toHaveLength(3);
});

test('unknown values stay unknown and a field that the answer lacks is all unknown', () => {
  const buffer = createSeriesBuffer(['cpuRatio', 'load1']);
  buffer.load(
    history('raw', [
      [0, null],
      [5, 0.2],
    ]),
  );
  expect(buffer.column(0)).toEqual([null, 0.2]);
  expect(buffer.column(1)).toEqual([null, null]);
  expect(buffer.latest(1)).toBeNull();
});

test('means are not continued by raw points', () => {
  const buffer = createSeriesBuffer(['cpuRatio']);
  buffer.append(T + 130_000, [0.9]);
  buffer.load(
    history('1m', [
      [0, 0.1],
      [60, 0.2],
    ]),
  );
  expect(shown(buffer)).toEqual([
    [0, 0.1],
    [60, 0.2],
  ]);
});

test('trimming keeps memory bounded and the line entering from the left', () => {
  const buffer = createSeriesBuffer(['cpuRatio']);
  for (let second = 0; second < 1000; second += 1) {
    buffer.append(T + second * 1000, [second]);
    buffer.trim(T + (second - 300) * 1000);
  }
  expect(buffer.at().length).toBeLessThan(400);
  expect(buffer.at()[0]).toBeLessThan(T + 699_000);
  expect(buffer.latest(0)).toBe(999);
});

test('listeners hear of each change until they leave', () => {
  const buffer = createSeriesBuffer(['cpuRatio']);
  const listener = vi.fn();
  const stop = buffer.subscribe(listener);
  buffer.append(T, [1]);
  buffer.append(T, [1]);
  stop();
  buffer.append(T + 1000, [1]);
  expect(listener).toHaveBeenCalledTimes(1);
});
