/** Adding machines to a real core, by REST, with the commands that it answers run on a bare machine. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureDockerd } from '../../../../lab/docker.ts';
import { connectEngine } from '../../../../lab/engine.ts';
import { ensureImage } from '../../../../lab/image.ts';
import { startSshd } from '../../../../lab/sshd.ts';
import type { Box } from '../../../../test/e2e/box.ts';
import { openDataDir, startBox, WITH_ADMIN } from '../../../../test/e2e/box.ts';
import { ask, signIn } from '../../../../test/surface/client.ts';
import type { Machine } from './testing.ts';
import { openMachine } from './testing.ts';

let box: Box;
let token: string;
let machine: Machine;
const ends: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  const dir = await openDataDir();
  ends.push(dir.remove);
  box = await startBox(dir.path, { ...WITH_ADMIN, SERVERBOX_LOCAL_NODE: 'off' });
  ends.push(() => box.stop());
  token = (await signIn(box)).accessToken;
  const docker = await ensureDockerd();
  ends.push(docker.stop);
  const engine = connectEngine(docker.socketPath);
  await ensureImage(engine);
  machine = await openMachine(engine);
  ends.push(machine.remove);
  await machine.withSystemd();
}, 120_000);
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

interface Node {
  id: string;
  name: string;
  ways: { way: string; state: string }[];
}
const call = async (method: string, path: string, body?: object) =>
  ask(box, path, { method, token, ...(body === undefined ? {} : { body }) });
const listNodes = async () => ((await call('GET', '/api/nodes')).body as { items: Node[] }).items;
const paste = (command: string) => machine.run(command.replace('curl -fsSL', 'wget -q -O -').replace('sudo ', ''));
const agentStates = async () =>
  (await listNodes()).map(({ name, ways }) => `${name} ${ways.find(({ way }) => way === 'agent')?.state}`);

test('a machine is added by the pasted command, and enrolled again as the same node with another one', async () => {
  const created = await call('POST', '/api/nodes', { name: 'bare', via: 'agent' });
  expect(created).toMatchObject({ status: 200, body: { node: null, push: null, ssh: null } });
  const { enrolment } = created.body as { enrolment: { token: string; hint: string; commands: { install: string } } };
  expect(enrolment.commands.install).toContain(`${box.url}/install.sh`);
  expect(enrolment.hint).toContain('SERVERBOX_PUBLIC_URL');
  expect((await paste(enrolment.commands.install)).code).toBe(0);
  await expect.poll(agentStates, { timeout: 15_000 }).toEqual(['bare up']);

  const [node] = await listNodes();
  const again = await call('POST', `/api/nodes/${node?.id}/enrolment`, { mode: 'monitor' });
  const { commands } = again.body as { commands: { install: string } };
  const output = await paste(commands.install);
  expect(output, output.output).toMatchObject({ code: 0, output: expect.stringContaining(`as node ${node?.id}`) });
  await expect.poll(agentStates, { timeout: 15_000 }).toEqual(['bare up']);
  expect((await call('GET', `/api/nodes/${node?.id}`)).body).toMatchObject({ services: ['metrics', 'docker:read'] });

  const lines = await call('GET', `/api/nodes/${node?.id}/agent-commands`);
  expect((await paste((lines.body as { upgrade: string }).upgrade)).output).toContain('is installed already');
  expect((await paste((lines.body as { uninstall: string }).uninstall)).output).toContain('The agent is gone');
  await expect.poll(agentStates, { timeout: 15_000 }).toEqual(['bare down']);

  const trail = JSON.stringify((await call('GET', '/api/audit?limit=100')).body);
  for (const action of ['node.create', 'agent.token_issue', 'node.enroll']) expect(trail).toContain(`"${action}"`);
  expect(trail).toContain('"via":"agent"');
  expect(trail).not.toContain(enrolment.token);
  expect(box.log()).not.toContain(enrolment.token);
});

test('a machine is added by SSH: its host key waits for a yes, and an access that cannot be leaves no node', async () => {
  const server = await startSshd();
  ends.push(server.stop);
  const before = (await listNodes()).length;
  const target = { host: '127.0.0.1', port: server.port, sshUser: 'root' };
  const broken = { ...target, name: 'by-ssh', auth: { kind: 'key', privateKey: 'no key' } };
  expect((await call('POST', '/api/nodes', broken)).status).toBe(400);
  expect(await listNodes()).toHaveLength(before);
  const created = await call('POST', '/api/nodes', { ...broken, auth: { kind: 'generated' } });
  expect(created, JSON.stringify(created.body)).toMatchObject({
    status: 200,
    body: { enrolment: null, node: { name: 'by-ssh' }, ssh: { hostKey: { state: 'offered' } } },
  });
  const { node } = created.body as { node: Node };
  // Nothing is installed while nobody has said yes to the key.
  const installed = await call('POST', `/api/nodes/${node.id}/install-agent`, {});
  expect(installed.body).toMatchObject({ steps: [{ step: 'connect', result: 'failed' }] });
  expect((await call('POST', '/api/nodes', { ...broken, auth: { kind: 'generated' } })).status).toBe(409);
});

test('a machine that only reports is added with the commands for its script', async () => {
  const created = await call('POST', '/api/nodes', { name: 'by-push', via: 'push' });
  expect(created, JSON.stringify(created.body)).toMatchObject({
    status: 200,
    body: { enrolment: null, ssh: null, node: { name: 'by-push' }, push: { token: expect.stringMatching(/^sbn_/) } },
  });
  const { push } = created.body as { push: { token: string; commands: { install: string } } };
  expect(push.commands.install).toContain(box.url);
  expect((await call('POST', '/api/nodes', { name: 'by-push', via: 'push' })).status).toBe(409);
  expect(JSON.stringify((await call('GET', '/api/audit?limit=100')).body)).not.toContain(push.token);
});
