/** A machine that only reports, from adding it to seeing its containers: the served script, the real core, a real engine. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerList } from '@serverbox/contract/containers';
import type { PushSetup } from '@serverbox/contract/onboarding';
import type { NodeWay } from '@serverbox/contract/ways';
import { expect, onTestFinished, test } from 'vitest';
import { openTestDocker } from '../../core/src/lib/docker/testing.ts';
import { openTempDir } from '../../lab/temp-dir.ts';
import { openDataDir, startBox, WITH_ADMIN } from '../e2e/box.ts';
import { ask, signIn } from './client.ts';

const SCRIPT = join(import.meta.dirname, '../../deploy/push/serverbox-push.sh');

/** Runs the script as the set-up puts it on the machine; its exit code. */
const runScript = async (script: string, config: string, socketPath: string): Promise<number> => {
  const dir = await openTempDir('push');
  onTestFinished(() => dir.remove());
  await writeFile(join(dir.path, 'push.sh'), script);
  await writeFile(join(dir.path, 'push.conf'), config, { mode: 0o600 });
  const env = { PATH: process.env.PATH, DOCKER_HOST: `unix://${socketPath}` };
  return new Promise((done) => {
    const argv = [join(dir.path, 'push.sh'), '--config', join(dir.path, 'push.conf')];
    execFile('bash', argv, { env }, (error) => done(error === null ? 0 : Number(error.code)));
  });
};

test('a machine is added, its script is fetched and run, and its containers are seen and left alone', async () => {
  const docker = await openTestDocker('sb-surface-push');
  onTestFinished(() => docker.close());
  const data = await openDataDir();
  onTestFinished(() => data.remove());
  const box = await startBox(data.path, { ...WITH_ADMIN, SERVERBOX_LOCAL_NODE: 'off' });
  onTestFinished(async () => {
    await box.stop();
  });
  const { accessToken: token } = await signIn(box);
  const body = { name: 'far away', via: 'push' };
  const created = await ask(box, '/api/nodes', { method: 'POST', token, body });
  expect(created.status).toBe(200);
  const { node, push } = created.body as { node: { id: string }; push: PushSetup };
  const script = await (await fetch(`${box.url}/push.sh`)).text();
  expect(script).toBe(await readFile(SCRIPT, 'utf8'));
  expect(push.commands.install).toContain(`${box.url}/push.sh`);
  const config = /<<'EOF'\n([\s\S]*)EOF/.exec(push.commands.install)?.[1] ?? expect.fail('the token stands there');

  const id = await docker.run(['sleep', '600']);
  expect(await runScript(script, config, docker.socketPath)).toBe(0);
  const list = (await ask(box, `/api/nodes/${node.id}/containers`, { token })).body as ContainerList;
  expect(list.problems).toEqual([]);
  expect(list.items.find(({ value }) => value.id === id)).toMatchObject({
    source: 'push',
    value: { state: 'running' },
  });
  const detail = await ask(box, `/api/nodes/${node.id}/containers/${id}`, { token });
  expect(detail).toMatchObject({ status: 200, body: { source: 'push', value: { command: ['sleep 600'], tty: null } } });
  const stop = await ask(box, `/api/nodes/${node.id}/containers/${id}/stop`, { method: 'POST', token, body: {} });
  expect(stop).toMatchObject({ status: 409, body: { error: { code: 'not_supported' } } });
  const { ways } = (await ask(box, `/api/nodes/${node.id}`, { token })).body as { ways: NodeWay[] };
  expect(ways).toMatchObject([{ way: 'push', state: 'up', isInUse: true }]);
  const hosts = await ask(box, '/api/agents/docker/hosts', { token });
  expect(hosts.body).toMatchObject({ items: [{ hostId: push.hostId, stale: false }] });
  expect((await ask(box, '/api/agents/docker/hosts')).status).toBe(401);
  const withPushToken = await ask(box, '/api/agents/docker/hosts', { token: push.token });
  expect(withPushToken.status).toBe(401);
  const revoked = await ask(box, `/api/nodes/${node.id}/push-token`, { method: 'DELETE', token });
  expect(revoked.status).toBe(200);
  expect(await runScript(script, config, docker.socketPath)).toBe(1);
}, 90_000);
