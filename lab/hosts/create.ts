/** Starts the container that is a lab host, with what its own Docker engine needs and with bounded memory. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LAB_LABEL } from '../containers.ts';
import type { Engine } from '../engine.ts';
import { splitOutputs } from './exec.ts';
import type { LabNetwork } from './network.ts';

export type Sshd = 'openssh' | 'dropbear' | 'none';

export type HostPlan = {
  /** Of the container, and the host's own name. */
  name: string;
  image: string;
  sshd: Sshd;
  hasDocker: boolean;
  authorizedKey: string;
  /** The host's address on each, in this order. */
  networks: readonly { network: LabNetwork; address: string }[];
};

const MEMORY_BYTES = 768 * 1024 * 1024;
const MAX_PROCESSES = 1000;
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 100;

// A nested engine with fewer rights than `Privileged` would give: those are not everywhere to be had.
const NESTED_DOCKER = {
  CapAdd: ['SYS_ADMIN', 'NET_ADMIN', 'SYS_PTRACE', 'MKNOD'],
  SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
  MaskedPaths: [],
  ReadonlyPaths: [],
  DeviceCgroupRules: ['a *:* rwm'],
  CgroupnsMode: 'host',
  Binds: ['/sys/fs/cgroup:/sys/fs/cgroup:rw'],
};

const bodyOf = async ({ networks, ...plan }: HostPlan): Promise<object> => {
  const [first] = networks;
  const init = await readFile(join(import.meta.dirname, 'init.sh'), 'utf8');
  const env = {
    LAB_SSHD: plan.sshd,
    LAB_DOCKER: plan.hasDocker ? 'yes' : 'no',
    LAB_AUTHORIZED_KEY: plan.authorizedKey,
    // Not an argument of the shell: that would fill each list of the host's processes.
    LAB_INIT: init,
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  };
  return {
    Image: plan.image,
    Hostname: plan.name,
    Cmd: ['tini', '-g', '--', 'sh', '-c', 'eval "$LAB_INIT"'],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: { [LAB_LABEL]: plan.name },
    // A volume, as overlay file systems do not lie on top of each other.
    ...(plan.hasDocker ? { Volumes: { '/var/lib/docker': {} } } : {}),
    StopTimeout: 2,
    HostConfig: {
      ...(plan.hasDocker ? NESTED_DOCKER : {}),
      Memory: MEMORY_BYTES,
      Tmpfs: { '/run': 'mode=755,exec' }, // empty after a reboot, as everywhere
      PidsLimit: MAX_PROCESSES,
      NetworkMode: first?.network.name ?? 'none',
    },
    ...(first === undefined
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [first.network.name]: endpoint(first.address) } } }),
  };
};

const endpoint = (address: string) => ({ IPAMConfig: { IPv4Address: address } });

export const connectTo = async (engine: Engine, id: string, networks: HostPlan['networks']): Promise<void> => {
  for (const { network, address } of networks)
    await engine.call('POST', `/networks/${network.name}/connect`, {
      Container: id,
      EndpointConfig: endpoint(address),
    });
};

/** What the host said since it was started the last time. */
const readLog = async (engine: Engine, id: string): Promise<string> => {
  const { State } = (await engine.call('GET', `/containers/${id}/json`)) as {
    State: { StartedAt: string; Running: boolean };
  };
  const since = new Date(State.StartedAt).getTime() / 1000;
  const answer = await engine.read('GET', `/containers/${id}/logs?stdout=1&stderr=1&since=${since.toFixed(9)}`);
  const { stdout, stderr } = splitOutputs(answer);
  if (!State.Running) throw new Error(`The lab host has ended: ${stderr}${stdout}`);
  return stdout;
};

/** Waits until everything in it answers. @returns why it has no Docker, where it should have */
export const untilReady = async (engine: Engine, id: string): Promise<string | undefined> => {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadlineMs) {
    const log = await readLog(engine, id);
    if (log.includes('host ready')) return /host without docker: (.*)/.exec(log)?.[1];
    await sleep(POLL_MS);
  }
  throw new Error(`A lab host was not ready within ${READY_TIMEOUT_MS / 1000} s.`);
};

/** @returns the container's id; `untilReady` waits for what runs in it */
export const createHost = async (engine: Engine, plan: HostPlan): Promise<string> => {
  const created = await engine.call('POST', `/containers/create?name=${plan.name}`, await bodyOf(plan));
  const { Id: id } = created as { Id: string };
  await connectTo(engine, id, plan.networks.slice(1));
  await engine.call('POST', `/containers/${id}/start`);
  return id;
};
