/** What an agent tells is stored and shown as it was, at the time when it was. */
import { HOST_FIELDS } from '@serverbox/contract/metrics';
import { expect, test } from 'vitest';
import {
  AROUND_NOON,
  containerValues,
  countHot,
  FACTS,
  hostValues,
  NOON,
  noonPlus,
  openTestMetrics,
} from './testing.ts';

test('a sample is acknowledged after it is stored, and read back as it was', async () => {
  await using context = await openTestMetrics();
  const agent = context.connect();
  agent.hello();
  expect(await agent.next('welcome')).toEqual({ type: 'welcome', lastSeq: 0 });
  expect(await agent.next('interval')).toEqual({ type: 'interval', everyMs: 5000 });
  agent.host(1, noonPlus(0), { cpuRatio: 0.1234, memUsedBytes: 1024 * 1000, temperatureCelsius: null });
  await agent.acked(1);
  const series = await context.metrics.hostSeries({
    nodeId: context.nodeId,
    ...AROUND_NOON,
    fields: ['memUsedBytes', 'cpuRatio', 'temperatureCelsius'],
  });
  expect(series).toEqual({
    resolution: 'raw',
    at: [NOON.getTime()],
    values: { memUsedBytes: [1_024_000], cpuRatio: [0.1234], temperatureCelsius: [null] },
    max: {},
  });
});

test('samples of containers are found by any length of the container id', async () => {
  await using context = await openTestMetrics();
  const agent = context.connect();
  agent.hello();
  const rows = [
    ['0123456789ab', containerValues(0.5)],
    ['ba9876543210', containerValues(1.5)],
  ];
  agent.send({ type: 'containers', seq: 1, at: NOON.getTime(), rows });
  await agent.acked(1);
  const series = await context.metrics.containerSeries({
    nodeId: context.nodeId,
    containerId: `0123456789ab${'c'.repeat(52)}` as never,
    ...AROUND_NOON,
    fields: ['cpuCores'],
  });
  expect(series.values).toEqual({ cpuCores: [0.5] });
  expect(context.metrics.latestUsage(context.nodeId)?.rows.get('ba9876543210')?.[0]).toBe(1.5);
});

test.each([
  ['ten minutes ahead', 600_000],
  ['ten minutes behind', -600_000],
  ['ten years ahead', 10 * 365 * 86_400_000],
  ['ten years behind', -10 * 365 * 86_400_000],
])('CL-1 a clock that is %s gives ordered data at the right time, and the skew is shown', async (_, skewMs) => {
  await using context = await openTestMetrics();
  const agent = context.connect();
  agent.hello({ now: NOON.getTime() + skewMs });
  for (const seq of [1, 2, 3]) agent.host(seq, noonPlus(skewMs - 30_000 + seq * 5000), { cpuRatio: seq / 10 });
  await agent.acked(3);
  const series = await context.metrics.hostSeries({ nodeId: context.nodeId, ...AROUND_NOON, fields: ['cpuRatio'] });
  expect(series.at).toEqual([-25_000, -20_000, -15_000].map((offset) => NOON.getTime() + offset));
  expect(series.values.cpuRatio).toEqual([0.1, 0.2, 0.3]);
  expect(context.metrics.clockSkewMs(context.nodeId)).toBe(skewMs);
});

test('CL-1 samples older than what is kept are acknowledged but not stored', async () => {
  await using context = await openTestMetrics();
  const agent = context.connect();
  agent.hello();
  agent.host(1, noonPlus(-72 * 3_600_000));
  agent.host(2, noonPlus(0));
  await agent.acked(2);
  expect(await countHot(context.database)).toBe(1);
});

test('a restarted core shows the newest stored values', async () => {
  await using context = await openTestMetrics();
  const agent = context.connect();
  agent.hello();
  agent.host(1, noonPlus(-5000), { cpuRatio: 0.1 });
  agent.host(2, noonPlus(0), { cpuRatio: 0.2, temperatureCelsius: null });
  await agent.acked(2);
  const restarted = context.open();
  await restarted.start();
  const reading = restarted.latestReading(context.nodeId);
  expect(reading?.observedAt).toEqual(NOON);
  expect(reading?.values).toEqual(hostValues({ cpuRatio: 0.2, temperatureCelsius: null }));
  expect(restarted.lastSampleAt(context.nodeId)).toEqual(NOON);
  await restarted.close();
});

test('the agent samples each second while somebody watches its node', async () => {
  await using context = await openTestMetrics();
  const stopEarlier = context.metrics.watch(context.nodeId);
  const agent = context.connect();
  agent.hello();
  expect((await agent.next('interval')).everyMs).toBe(1000);
  const stopLater = context.metrics.watch(context.nodeId);
  stopEarlier();
  stopEarlier();
  stopLater();
  expect((await agent.next('interval')).everyMs).toBe(5000);
});

test('NO-5 a report without values shows them as not known, never as zero, and one without containers removes no history', async () => {
  await using context = await openTestMetrics();
  const { nodeId, metrics } = context;
  const agent = context.connect();
  agent.hello();
  agent.send({ type: 'containers', seq: 1, at: noonPlus(0).getTime(), rows: [['0123456789ab', containerValues(0.5)]] });
  agent.send({ type: 'containers', seq: 2, at: noonPlus(1).getTime(), rows: [] });
  agent.send({ type: 'host', seq: 3, at: noonPlus(2).getTime(), values: HOST_FIELDS.map(() => null) });
  await agent.acked(3);
  expect(new Set(metrics.latestReading(nodeId)?.values)).toEqual(new Set([null]));
  const containerId = '0123456789ab' as never;
  const kept = await metrics.containerSeries({ nodeId, containerId, ...AROUND_NOON, fields: ['cpuCores'] });
  expect(kept.values).toEqual({ cpuCores: [0.5] });
  const host = await metrics.hostSeries({ nodeId, ...AROUND_NOON, fields: ['cpuRatio'] });
  expect(host.values).toEqual({ cpuRatio: [null] });
});

test('facts that change after the hello are stored, and a flood of them costs one write', async () => {
  const told: (string | null)[] = [];
  await using context = await openTestMetrics({
    onHello: async (_, { facts, epoch }) => {
      told.push(`${facts.dockerProblem} ${epoch === agent.epoch}`);
    },
  });
  const agent = context.connect();
  agent.hello({ facts: { ...FACTS, dockerProblem: 'not running' } });
  for (let count = 0; count < 1000; count += 1) agent.send({ type: 'facts', facts: { ...FACTS, dockerProblem: null } });
  agent.host(1, noonPlus(0));
  await agent.acked(1);
  expect(told).toEqual(['not running true', 'null true']);
  agent.close();
});
