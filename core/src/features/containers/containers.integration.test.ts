import { MASK } from '@serverbox/contract/containers';
import { ContainerId } from '@serverbox/contract/ids';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../lib/ids.ts';
import { openContainers } from './testing.ts';

let open: Awaited<ReturnType<typeof openContainers>>;
beforeEach(async () => {
  open = await openContainers('sb-feature', 2);
});
afterEach(() => open.close());

const find = async (id: ContainerId) => {
  const { items } = await open.containers.list(open.principal, open.node.id);
  return items.find(({ value }) => value.id === id);
};
const target = (containerId: ContainerId) => ({ node: open.node, containerId });
const kinds = (id: string) =>
  open.activities
    .filter(({ subject }) => subject?.includes(id))
    .map(({ kind, actor }) => `${kind} ${actor ?? 'itself'}`);
const nameOf = async (id: ContainerId) => (await open.docker.reads.inspect(id)).Name.slice(1);

test('NO-2 a list names the node that cannot be asked and shows the others', async () => {
  const id = await open.docker.run(['sleep', '600']);
  await expect.poll(async () => (await find(id))?.value).toMatchObject({ state: 'running', nodeName: 'node-1' });
  const { items, problems } = await open.containers.list(open.principal, undefined);
  expect(items.map(({ value }) => value.id)).toContain(id);
  expect(problems).toEqual([
    { nodeId: open.nodes[1]?.id, nodeName: 'node-2', code: 'node_unreachable', message: 'The node has no link.' },
  ]);
  await expect(open.containers.list(open.principal, newId())).rejects.toMatchObject({ code: 'not_found' });
});

test('NO-5 a node that went away keeps its containers, with the time until which they were seen', async () => {
  const id = await open.docker.run(['sleep', '600']);
  await expect.poll(async () => (await find(id))?.value.state).toBe('running');
  open.links.lose(open.node.id);
  await expect.poll(async () => (await open.containers.list(open.principal, open.node.id)).problems.length).toBe(1);
  const lostAt = (await find(id))?.observedAt;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await find(id)).toMatchObject({ observedAt: lostAt, value: { state: 'running' } });
  expect(open.containers.countOf(open.node.id)?.running).toBeGreaterThanOrEqual(1);
  await open.docker.writes.kill(id, 'SIGKILL');
  open.links.link(open.node.id);
  await expect.poll(async () => (await find(id))?.value.state).toBe('exited');
  expect((await open.containers.list(open.principal, open.node.id)).problems).toEqual([]);
});

test('a change is told on the bus within 100 ms of the act', async () => {
  const id = await open.docker.run(['sleep', '600']);
  await expect.poll(() => find(id)).toBeDefined();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const tookMs: number[] = [];
  for (const act of [{ action: 'pause' }, { action: 'unpause' }] as const) {
    const told = new Promise<number>((resolve) => {
      const stop = open.bus.subscribe('containers.changed', ({ ids }) => {
        if (!ids.includes(id)) return;
        stop();
        resolve(performance.now());
      });
    });
    await open.containers.act(open.principal, target(id), act);
    const doneAt = performance.now();
    tookMs.push((await told) - doneAt);
  }
  expect(Math.max(...tookMs)).toBeLessThan(100);
});

test('acts are told with who did them, and what happens by itself without', async () => {
  const id = await open.docker.create(['sh', '-c', 'sleep 600']);
  const name = await nameOf(id);
  await open.containers.act(open.principal, target(id), { action: 'start' });
  await open.containers.act(open.principal, target(id), { action: 'pause' });
  await open.containers.act(open.principal, target(id), { action: 'unpause' });
  await open.containers.act(open.principal, target(id), { action: 'restart' });
  await open.docker.engine.call('POST', `/containers/${id}/kill?signal=KILL`);
  await expect.poll(() => kinds(name).length).toBe(7);
  await open.containers.act(open.principal, target(id), { action: 'remove', force: false, volumes: true });
  await expect
    .poll(() => kinds(name))
    .toEqual([
      'container.created itself',
      'container.started ops@example.org',
      'container.paused ops@example.org',
      'container.unpaused ops@example.org',
      'container.stopped ops@example.org',
      'container.started ops@example.org',
      'container.stopped itself',
      'container.removed ops@example.org',
    ]);
  const crashing = await open.docker.run(['sh', '-c', 'exit 3']);
  const crashed = await nameOf(crashing);
  await expect.poll(() => open.activities.at(-1)?.text).toBe(`Container ${crashed} ended by itself with exit code 3`);
});

test('an act that does not suit the state is a conflict in a sentence, and changes nothing', async () => {
  const id = await open.docker.run(['sleep', '600']);
  await expect(open.containers.act(open.principal, target(id), { action: 'start' })).rejects.toMatchObject({
    code: 'conflict',
    message: 'Cannot start a container that is running; it has to be created or exited or dead.',
  });
  const remove = { action: 'remove', force: false, volumes: false } as const;
  await expect(open.containers.act(open.principal, target(id), remove)).rejects.toMatchObject({ code: 'conflict' });
  expect((await open.docker.reads.inspect(id)).State.Status).toBe('running');
});

test('AZ-4 a container that is not on the named node is not found, whatever is asked', async () => {
  const foreign = ContainerId.parse('f'.repeat(64));
  const calls = [
    () => open.containers.get(open.node, foreign),
    () => open.containers.removalPlan(open.node, foreign),
    () => open.containers.reveal(open.node, foreign),
    () => open.containers.act(open.principal, target(foreign), { action: 'stop' }),
  ];
  for (const call of calls) {
    await expect(call()).rejects.toMatchObject({ code: 'not_found', message: 'The container was not found.' });
  }
});

test('a node whose owner permits watching shows containers and lets nobody act; one that permits nothing says so', async () => {
  const id = await open.docker.run(['sleep', '600']);
  open.links.link(open.node.id, ['docker:read']);
  await expect.poll(() => find(id)).toBeDefined();
  const stop = open.containers.act(open.principal, target(id), { action: 'stop' });
  await expect(stop).rejects.toMatchObject({ code: 'refused_by_policy' });
  open.links.link(open.node.id, ['metrics']);
  await expect
    .poll(async () => (await open.containers.list(open.principal, open.node.id)).problems[0]?.code)
    .toBe('refused_by_policy');
});

test('SE-11 secrets are masked in the detail and reach neither list, activity nor log; revealing gives them in clear', async () => {
  const canary = 'canary-hunter-7391';
  const url = `postgres://app:${canary}@db:5432/app`;
  const id = await open.docker.run(['sh', '-c', `echo --password=${canary}; sleep 600`, canary], {
    Env: [`DB_PASSWORD=${canary}`, `DATABASE_URL=${url}`, `NOTE=see ${canary}`, 'PLAIN=value'],
    Labels: { 'app.secret': canary, note: `uses ${canary}`, 'com.docker.compose.project': 'shop' },
    Healthcheck: { Test: ['CMD-SHELL', `echo ${canary}; exit 1`], Interval: 1e9, Timeout: 1e9, Retries: 1 },
  });
  await expect
    .poll(async () => (await open.containers.get(open.node, id)).value.healthLog?.length, { timeout: 8000 })
    .toBeGreaterThan(0);
  const { value } = await open.containers.get(open.node, id);
  const list = await open.containers.list(open.principal, undefined);
  const shown = JSON.stringify([value, list, open.activities, open.logged]);
  expect(shown).not.toContain(canary);
  expect(value.env).toContainEqual({ key: 'DB_PASSWORD', value: MASK, masked: true });
  expect(value.env).toContainEqual({ key: 'PLAIN', value: 'value', masked: false });
  expect(value.project).toBe('shop');
  const { env } = await open.containers.reveal(open.node, id);
  expect(env).toContainEqual({ key: 'DATABASE_URL', value: url });
});

test('hostile names, labels and health output stay text', async () => {
  const hostile = '<img src=x onerror=alert(1)>"\'`;$(touch /tmp/x)\u001b]0;t\u0007\u202e';
  const id = await open.docker.run(['sh', '-c', 'sleep 600', hostile], {
    Labels: { 'com.docker.compose.project': hostile, [hostile]: hostile },
    Env: [`X=${hostile}`],
  });
  await expect.poll(async () => (await find(id))?.value.project).toBe(hostile);
  const { value } = await open.containers.get(open.node, id);
  expect(value).toMatchObject({ id, labels: { [hostile]: hostile } });
});

test('usage is joined by the short id, and a value that is not known is null', async () => {
  const id = await open.docker.run(['sleep', '600']);
  open.usage.set(id.slice(0, 12), [0.5, 1024, Number.NaN, 1, 2, 3, null, 4]);
  await expect
    .poll(async () => (await find(id))?.value.usage)
    .toEqual({
      cpuCores: 0.5,
      memUsedBytes: 1024,
      memLimitBytes: null,
      netRxBytesPerSecond: 1,
      netTxBytesPerSecond: 2,
      blockReadBytesPerSecond: 3,
      blockWriteBytesPerSecond: null,
      pids: 4,
    });
  await open.docker.writes.kill(id, 'SIGKILL');
  await expect.poll(async () => (await find(id))?.value.usage).toBeNull();
});

test('a removal plan tells anonymous volumes from named ones', async () => {
  const volume = `sb-feature-${process.pid}`;
  const id = await open.docker.create(['true'], {
    Volumes: { '/anonymous': {} },
    HostConfig: { NetworkMode: 'none', Binds: [`${volume}:/named`] },
  });
  const plan = await open.containers.removalPlan(open.node, id);
  expect(plan).toMatchObject({ isRunning: false, keptVolumes: [volume], publishedPorts: [] });
  expect(plan.anonymousVolumes).toHaveLength(1);
  await open.containers.act(open.principal, target(id), { action: 'remove', force: false, volumes: true });
  const { Volumes } = (await open.docker.engine.call('GET', '/volumes')) as { Volumes: { Name: string }[] | null };
  const left = (Volumes ?? []).map(({ Name }) => Name);
  expect(left).toContain(volume);
  expect(left).not.toContain(plan.anonymousVolumes[0]);
  await open.docker.engine.call('DELETE', `/volumes/${volume}`);
});

test('a node that only reports shows what it said, with its age, and takes no orders', async () => {
  const [, silent] = open.nodes;
  if (silent === undefined) throw new Error('the test needs a second node');
  const id = ContainerId.parse('b'.repeat(64));
  const observedAt = new Date('2026-03-01T12:00:00Z');
  const told = await open.docker.run(['sleep', '600']);
  await expect.poll(async () => (await find(told))?.value.state).toBe('running');
  const { nodeId: _, nodeName: __, ...row } = (await find(told))?.value ?? expect.fail('it was listed');
  open.reported.set(silent.id, { rows: [{ ...row, id }], observedAt, isStale: false });
  const list = async () => open.containers.list(open.principal, silent.id);
  expect(await list()).toMatchObject({
    items: [{ value: { id, nodeId: silent.id }, observedAt: observedAt.toISOString(), source: 'push' }],
    problems: [],
  });
  expect(open.containers.countOf(silent.id)).toEqual({ running: 1, total: 1 });
  const stop = open.containers.act(open.principal, { node: silent, containerId: id }, { action: 'stop' });
  await expect(stop).rejects.toMatchObject({ code: 'not_supported', message: expect.stringContaining('only reports') });
  open.reported.set(silent.id, { rows: [{ ...row, id }], observedAt, isStale: true });
  expect(await list()).toMatchObject({ items: [{ source: 'push' }], problems: [{ code: 'node_unreachable' }] });
  open.links.link(silent.id);
  await expect.poll(async () => (await list()).items.map(({ source }) => source)).toContain('docker');
});
