/** The real agent behind real proxies: linked where WebSockets get through, by long-poll where they do not. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '@serverbox/contract/runs';
import type { NodeWay } from '@serverbox/contract/ways';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Nginx, NginxOptions } from '../../lab/nginx.ts';
import { startNginx } from '../../lab/nginx.ts';
import type { TempDir } from '../../lab/temp-dir.ts';
import { openTempDir } from '../../lab/temp-dir.ts';
import type { Box } from '../e2e/box.ts';
import { openDataDir, startBox, WITH_ADMIN } from '../e2e/box.ts';
import { ask, signIn } from './client.ts';

const AGENT = join(import.meta.dirname, '../../agent/bin/serverbox-agent');

let data: TempDir;
let box: Box;
let token: string;
beforeAll(async () => {
  data = await openDataDir();
  box = await startBox(data.path, { ...WITH_ADMIN, SERVERBOX_LOCAL_NODE: 'off' });
  token = (await signIn(box)).accessToken;
}, 120_000);
afterAll(async () => {
  await box.stop();
  await data.remove();
});

const call = async <T>(path: string, body?: unknown): Promise<T> => {
  const answer = await ask(box, path, { token, ...(body === undefined ? {} : { method: 'POST', body }) });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as T;
};

const openNginx = async (options: Omit<NginxOptions, 'upstream'>): Promise<Nginx> => {
  const nginx = await startNginx({ upstream: box.url, ...options });
  onTestFinished(() => nginx.stop());
  return nginx;
};

const spawnAgent = (args: readonly string[], environment: Record<string, string> = {}): ChildProcess =>
  spawn(AGENT, args, { stdio: ['pipe', 'ignore', 'pipe'], env: { PATH: process.env.PATH, ...environment }, cwd: '/' });

/** Enrols this machine through the proxy as a node of its own, and runs the agent until the test ends. */
const startAgent = async (name: string, { url, caPath }: Nginx): Promise<{ nodeId: string; log(): string }> => {
  const { enrolment } = await call<{ enrolment: { token: string; coreKey: string } }>('/api/nodes', {
    name,
    via: 'agent',
  });
  const dir = await openTempDir('agent');
  onTestFinished(() => dir.remove());
  const state = ['--state-dir', dir.path];
  const core = ['--core-url', url, '--core-key', enrolment.coreKey, '--services', 'metrics,exec'];
  const authority = caPath === undefined ? [] : ['--ca-file', caPath];
  const enrolling = spawnAgent(['enroll', ...state, ...core, ...authority, '--token-file', '-']);
  enrolling.stdin?.end(enrolment.token);
  expect(await once(enrolling, 'exit')).toEqual([0, null]);
  const agent = spawnAgent(['run', ...state], { SERVERBOX_AGENT_PARENT: '1' });
  let log = '';
  agent.stderr?.on('data', (part: Buffer) => {
    log += part.toString();
  });
  const exited = once(agent, 'exit');
  onTestFinished(async () => {
    agent.kill('SIGTERM');
    await exited;
  });
  const { items } = await call<{ items: { id: string; name: string }[] }>('/api/nodes');
  const nodeId = items.find((node) => node.name === name)?.id ?? expect.fail('the node is there');
  return { nodeId, log: () => log };
};

const wayInUse = async (nodeId: string): Promise<string | undefined> => {
  const { ways } = await call<{ ways: NodeWay[] }>(`/api/nodes/${nodeId}`);
  return ways.find(({ isInUse }) => isInUse)?.way;
};
const untilWay = (nodeId: string, way: string, timeout: number) =>
  expect.poll(() => wayInUse(nodeId), { timeout, interval: 200 }).toBe(way);
const untilMeasured = (nodeId: string) =>
  expect
    .poll(async () => (await call<{ status: { state: string } }>(`/api/nodes/${nodeId}`)).status.state, {
      timeout: 20_000,
    })
    .toMatch(/online|warning|critical|healthy/);

const untilEnded = async (runId: string): Promise<Run> => {
  for (const deadline = Date.now() + 30_000; ; ) {
    const run = await call<Run>(`/api/runs/${runId}`);
    if (run.endedAt !== null) return run;
    if (Date.now() > deadline) throw new Error(`it did not end: ${JSON.stringify(run.targets)}`);
    await sleep(100);
  }
};
const start = (nodeId: string, script: string, timeoutMs = 30_000) =>
  call<Run>('/api/runs', { nodeIds: [nodeId], command: { kind: 'script', script }, timeoutMs });

test('through a proxy that passes upgrades the agent is linked, also below a path and with an authority of its own', async () => {
  const nginx = await openNginx({ passesUpgrades: true, prefix: '/box', isTls: true });
  const { nodeId } = await startAgent('linked', nginx);
  await untilWay(nodeId, 'agent', 10_000);
  await untilMeasured(nodeId);
  expect(
    (await ask(box, `/api/nodes/${nodeId}/exec`, { method: 'POST', token, body: { argv: ['true'] } })).status,
  ).toBe(200);
}, 60_000);

test('where upgrades are cut the agent asks by long-poll, below a path and with an authority of its own, and works', async () => {
  const nginx = await openNginx({ passesUpgrades: false, prefix: '/box', isTls: true });
  const { nodeId, log } = await startAgent('polled', nginx);
  await untilWay(nodeId, 'poll', 15_000);
  expect(log()).toContain('long-poll was begun');
  await untilMeasured(nodeId);
  const run = await start(nodeId, 'echo hello; echo trouble >&2; head -c 200000 /dev/zero | tr "\\\\0" x; exit 3');
  const { targets } = await untilEnded(run.id);
  expect(targets[0]).toMatchObject({ outcome: 'exited', exitCode: 3, stderr: 'trouble\n' });
  const { stdout } = await call<{ stdout: string }>(`/api/runs/${run.id}/nodes/${nodeId}`);
  expect(stdout.length).toBe(200_006);
  expect(stdout === `hello\n${'x'.repeat(200_000)}`).toBe(true);

  const late = await start(nodeId, 'sleep 60', 1000);
  expect((await untilEnded(late.id)).targets[0]).toMatchObject({ outcome: 'timed_out' });
  const long = await start(nodeId, 'sleep 60');
  await expect.poll(async () => (await call<Run>(`/api/runs/${long.id}`)).targets[0]?.startedAt).not.toBeNull();
  await call(`/api/runs/${long.id}/cancel`, {});
  expect((await untilEnded(long.id)).targets[0]).toMatchObject({ outcome: 'cancelled' });
}, 90_000);

test('a proxy that is mended brings the link back by itself, and one that breaks again the long-poll', async () => {
  const nginx = await openNginx({ passesUpgrades: false });
  const { nodeId, log } = await startAgent('mended', nginx);
  await untilWay(nodeId, 'poll', 15_000);
  const run = await start(nodeId, 'sleep 20; echo done', 60_000);
  await nginx.setUpgrades(true);
  await untilWay(nodeId, 'agent', 40_000);
  expect(log()).toContain('the link works again');
  // What was begun by long-poll is reported on to its end.
  expect((await untilEnded(run.id)).targets[0]).toMatchObject({ outcome: 'exited', stdout: 'done\n' });
  await untilMeasured(nodeId);
  await nginx.setUpgrades(false);
  await nginx.cut();
  await untilWay(nodeId, 'poll', 30_000);
}, 150_000);
