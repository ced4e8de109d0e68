/**
 * Real hosts for tests and for trying things by hand: containers with an SSH server, a Docker engine, a service manager and
 * addresses of their own, on networks that only they and this machine are on.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeContainer, runContainer } from './containers.ts';
import { ensureDockerd } from './docker.ts';
import type { Engine } from './engine.ts';
import { connectEngine } from './engine.ts';
import type { HostPlan, Sshd } from './hosts/create.ts';
import { connectTo, createHost, untilReady } from './hosts/create.ts';
import type { ExecResult } from './hosts/exec.ts';
import { execIn } from './hosts/exec.ts';
import { fingerprintOf, readHostKey, replaceHostKey } from './hosts/host-key.ts';
import { ensureHostImage } from './hosts/image.ts';
import type { NetworkKind } from './hosts/network.ts';
import { createNetwork } from './hosts/network.ts';
import { ensureImage } from './image.ts';
import { createKey } from './sshd.ts';
import { openTempDir } from './temp-dir.ts';

export type HostOptions = {
  sshd?: Sshd;
  hasDocker?: boolean;
  /** Default: near. On both it is a jump host. */
  networks?: readonly NetworkKind[];
};

export type LabHost = {
  name: string;
  /** On the first of its networks; port 22 where an SSH server runs. It stays the same through reboots. */
  address: string;
  /** Why no Docker engine runs in it, though it should. */
  dockerProblem: string | undefined;
  /** Runs a program in it as root, whatever its network does. */
  exec(...argv: string[]): Promise<ExecResult>;
  /** As in a list of known hosts: `ssh-ed25519 AAAA…`. */
  hostKey(): Promise<string>;
  /** `SHA256:…`, as the SSH server offers it now. */
  hostKeyFingerprint(): Promise<string>;
  /** Gives it a new host key, which is offered from the next connection on. */
  changeHostKey(): Promise<void>;
  /** Everything in it stands still: connections stay open and nothing answers. */
  pause(): Promise<void>;
  unpause(): Promise<void>;
  /** As if its cables were drawn; `connect` puts them back. */
  disconnect(): Promise<void>;
  connect(): Promise<void>;
  /** Ends everything in it, and comes back with the same files. */
  reboot(): Promise<void>;
  /** As a power cut; `start` brings it back. */
  stop(): Promise<void>;
  start(): Promise<void>;
};

export type LabHosts = {
  /** Lets in as `root`, `ops` (may become root, may use Docker) and `guest` (neither). OpenSSH's form. */
  privateKey: string;
  /** Starts a host and waits until everything in it answers. */
  start(name: string, options?: HostOptions): Promise<LabHost>;
  /** Lets near hosts reach a port of this machine's loopback. @returns `address:port` as they see it */
  openDoor(port: number): Promise<string>;
  close(): Promise<void>;
};

const FIRST_ADDRESS = 10;

const describeHost = (engine: Engine, id: string, plan: HostPlan, dockerProblem: string | undefined): LabHost => {
  const act = (what: string) => engine.call('POST', `/containers/${id}/${what}`);
  const exec = (...argv: string[]) => execIn(engine, id, argv);
  return {
    name: plan.name,
    address: plan.networks[0]?.address ?? '',
    dockerProblem,
    exec,
    hostKey: () => readHostKey(exec, plan.sshd),
    hostKeyFingerprint: async () => fingerprintOf(await readHostKey(exec, plan.sshd)),
    changeHostKey: () => replaceHostKey(exec, plan.sshd),
    pause: async () => void (await act('pause')),
    unpause: async () => void (await act('unpause')),
    disconnect: async () => {
      for (const { network } of plan.networks)
        await engine.call('POST', `/networks/${network.name}/disconnect`, { Container: id, Force: true });
    },
    connect: () => connectTo(engine, id, plan.networks),
    reboot: async () => {
      await act('restart?t=2');
      await untilReady(engine, id);
    },
    stop: async () => void (await act('kill')),
    start: async () => {
      await act('start');
      await untilReady(engine, id);
    },
  };
};

type HostsPlace = { engine: Engine; image: string; prefix: string; keyDir: string };

/** Networks, a key and hosts in an engine. `prefix` tells these hosts from others in the same engine. */
export const openHostsIn = async ({ engine, image, prefix, keyDir }: HostsPlace): Promise<Omit<LabHosts, 'close'>> => {
  const keyFile = join(keyDir, 'key');
  await createKey(keyFile);
  const authorizedKey = (await readFile(`${keyFile}.pub`, 'utf8')).trim();
  const networks = {
    near: await createNetwork(engine, `${prefix}near`, 'near'),
    far: await createNetwork(engine, `${prefix}far`, 'far'),
  };
  let count = 0;
  const start = async (name: string, options: HostOptions = {}): Promise<LabHost> => {
    const number = FIRST_ADDRESS + count++;
    const plan: HostPlan = {
      name: `${prefix}${name}`,
      image,
      sshd: options.sshd ?? 'openssh',
      hasDocker: options.hasDocker ?? true,
      authorizedKey,
      networks: (options.networks ?? ['near']).map((kind) => ({
        network: networks[kind],
        address: `${networks[kind].prefix}.${number}`,
      })),
    };
    const id = await createHost(engine, plan);
    return describeHost(engine, id, plan, await untilReady(engine, id));
  };
  const openDoor = async (port: number): Promise<string> => {
    const address = `${networks.near.prefix}.1`;
    const listen = `TCP-LISTEN:${port},bind=${address},fork,reuseaddr,max-children=200`;
    const command = ['socat', listen, `TCP:127.0.0.1:${port}`];
    await runContainer(engine, { name: `${prefix}door-${port}`, image, command, network: 'host' });
    return `${address}:${port}`;
  };
  return { privateKey: await readFile(keyFile, 'utf8'), start, openDoor };
};

/** Removes the hosts, doors and networks whose names match a regular expression of Go. */
export const removeHosts = async (engine: Engine, names: string): Promise<void> => {
  const filters = encodeURIComponent(JSON.stringify({ name: [names] }));
  const hosts = (await engine.call('GET', `/containers/json?all=1&filters=${filters}`)) as { Id: string }[];
  for (const { Id } of hosts) await removeContainer(engine, Id);
  const networks = (await engine.call('GET', `/networks?filters=${filters}`)) as { Id: string }[];
  for (const { Id } of networks) await engine.call('DELETE', `/networks/${Id}`);
};

/** Opens a lab for hosts of one test; `close` takes all of it away. The very first one on a machine takes a minute. */
export const openHosts = async (): Promise<LabHosts> => {
  const docker = await ensureDockerd();
  const dir = await openTempDir('hosts');
  const engine = connectEngine(docker.socketPath);
  const prefix = `lab-${randomBytes(3).toString('hex')}-`;
  const close = async () => {
    await removeHosts(engine, prefix);
    await dir.remove();
    await docker.stop();
  };
  try {
    await ensureImage(engine);
    const image = await ensureHostImage(engine);
    return { ...(await openHostsIn({ engine, image, prefix, keyDir: dir.path })), close };
  } catch (error) {
    await close();
    throw error;
  }
};
