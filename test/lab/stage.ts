/** An installation beside a lab of real hosts, and how a script of its owner adds them. */
import type { NodeDetail } from '@serverbox/contract/nodes';
import type { Run, RunCommand } from '@serverbox/contract/runs';
import type { SshEndpoint } from '@serverbox/contract/ssh';
import { expect } from 'vitest';
import { findFreePort } from '../../lab/free-port.ts';
import type { LabHost, LabHosts } from '../../lab/hosts.ts';
import { openHosts } from '../../lab/hosts.ts';
import type { Box } from '../e2e/box.ts';
import { openDataDir, startBox, WITH_ADMIN } from '../e2e/box.ts';
import { ask, signIn } from '../surface/client.ts';

export type Machine = { host: LabHost; nodeId: string };

/** Default: as root, directly, under the host's own name. */
type SshOptions = { name?: string; sshUser?: string; jump?: readonly string[] };

export type FleetStage = {
  lab: LabHosts;
  box: Box;
  call(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }>;
  /** Adds a host by SSH and says yes to its key; `jump`: nodes that the way leads through. */
  add(host: LabHost, options?: SshOptions): Promise<Machine>;
  /** Offers a host without saying yes to its key. */
  offer(host: LabHost, options?: SshOptions): Promise<{ nodeId: string; ssh: SshEndpoint }>;
  node(machine: Machine): Promise<NodeDetail>;
  exec(machine: Machine, ...argv: string[]): Promise<{ status: number; body: unknown }>;
  /** Runs a fleet command to its end. */
  run(machines: readonly Machine[], command: RunCommand, timeoutMs?: number): Promise<Run>;
  close(): Promise<void>;
};

const RUN_TIMEOUT_MS = 30_000;

const mustBeOk = ({ status, body }: { status: number; body: unknown }): unknown => {
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
};

const openOn = (lab: LabHosts, box: Box, token: string): Omit<FleetStage, 'close'> => {
  const call: FleetStage['call'] = (method, path, body) =>
    ask(box, path, { method, token, ...(body === undefined ? {} : { body }) });
  const offer: FleetStage['offer'] = async (host, { name = host.name, sshUser = 'root', jump = [] } = {}) => {
    const auth = { kind: 'key', privateKey: lab.privateKey };
    const input = { name, host: host.address, sshUser, auth, jump };
    const { node, ssh } = mustBeOk(await call('POST', '/api/nodes', input)) as {
      node: { id: string };
      ssh: SshEndpoint;
    };
    return { nodeId: node.id, ssh };
  };
  return {
    lab,
    box,
    call,
    offer,
    add: async (host, options) => {
      const { nodeId, ssh } = await offer(host, options);
      const fingerprint = ssh.hostKey.offered?.fingerprint;
      expect(fingerprint, JSON.stringify(ssh.problem)).toBe(await host.hostKeyFingerprint());
      mustBeOk(await call('POST', `/api/nodes/${nodeId}/host-key`, { fingerprint, decision: 'accept' }));
      return { host, nodeId };
    },
    node: async ({ nodeId }) => mustBeOk(await call('GET', `/api/nodes/${nodeId}`)) as NodeDetail,
    exec: ({ nodeId }, ...argv) => call('POST', `/api/nodes/${nodeId}/exec`, { argv }),
    run: async (machines, command, timeoutMs = 10_000) => {
      const nodeIds = machines.map(({ nodeId }) => nodeId);
      const { id } = mustBeOk(await call('POST', '/api/runs', { nodeIds, command, timeoutMs })) as Run;
      const read = async () => mustBeOk(await call('GET', `/api/runs/${id}`)) as Run;
      await expect.poll(async () => (await read()).endedAt, { timeout: RUN_TIMEOUT_MS }).not.toBeNull();
      return await read();
    },
  };
};

export const openFleetStage = async (): Promise<FleetStage> => {
  const ends: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const lab = await openHosts();
    ends.push(lab.close);
    const dir = await openDataDir();
    ends.push(dir.remove);
    const port = await findFreePort();
    const door = { PORT: String(port), SERVERBOX_PUBLIC_URL: `http://${await lab.openDoor(port)}` };
    const started = await startBox(dir.path, { ...WITH_ADMIN, ...door, SERVERBOX_LOCAL_NODE: 'off' });
    ends.push(() => started.stop());
    // The test is a client on this machine; the public address is for the hosts.
    const box = { ...started, url: `http://127.0.0.1:${port}` };
    return { ...openOn(lab, box, (await signIn(box)).accessToken), close };
  } catch (error) {
    await close();
    throw error;
  }
};
