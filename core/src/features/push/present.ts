/** Reported containers: with secrets masked once more before they are stored, and in the form of all other containers. */
import type { Container, ContainerDetail } from '@serverbox/contract/containers';
import { MASK } from '@serverbox/contract/containers';
import { ContainerId } from '@serverbox/contract/ids';
import type { PushedContainer } from '@serverbox/contract/push';
import { hideKnown, maskArguments, maskEnv, maskLabels, maskText, secretValues } from '../../lib/docker/masking.ts';

/** What a container is beside the node that it is on. */
export type PushedRow = Omit<Container, 'nodeId' | 'nodeName'>;
export type PushedDetail = Omit<ContainerDetail, 'nodeId' | 'nodeName'>;

/** The script masks on the machine; this holds for scripts that are older or are not ours. */
export const maskPushed = (container: PushedContainer): PushedContainer => {
  const { id, name, state, health, env, labels, ...rest } = container;
  const masked = {
    ...rest,
    image: maskText(rest.image),
    status: maskText(rest.status),
    command: maskText(maskArguments(rest.command.split(' ')).join(' ')),
    mounts: rest.mounts.map((mount) => ({ ...mount, source: maskText(mount.source) })),
    env: maskEnv(env).map(({ key, value }) => ({ key, value })),
    labels: maskLabels(labels),
  };
  // What was masked on the machine is no secret value to look for.
  const known = secretValues(env, labels).filter((value) => !value.includes(MASK));
  return { ...hideKnown(masked, known), id, name, state, health };
};

const usageOf = ({ state, stats }: PushedContainer): Container['usage'] => {
  if (state !== 'running' || stats === null) return null;
  return {
    cpuCores: stats.cpuPercent / 100,
    memUsedBytes: stats.memUsage,
    memLimitBytes: stats.memLimit,
    // The script reports sums since the start, and no number of processes.
    netRxBytesPerSecond: null,
    netTxBytesPerSecond: null,
    blockReadBytesPerSecond: null,
    blockWriteBytesPerSecond: null,
    pids: null,
  };
};

const exitCodeOf = ({ status }: PushedContainer): number | null => {
  const code = /^Exited \((\d{1,9})\)/.exec(status)?.[1];
  return code === undefined ? null : Number(code);
};

export const toRow = (container: PushedContainer): PushedRow => ({
  id: ContainerId.parse(container.id),
  name: container.name.replace(/^\//, ''),
  image: container.image,
  state: container.state,
  status: container.status,
  health: container.health,
  exitCode: exitCodeOf(container),
  ports: container.ports.map(({ hostIp, hostPort, containerPort, proto }) => ({
    hostIp: hostIp === '' ? null : hostIp,
    hostPort,
    containerPort,
    protocol: proto,
  })),
  project: container.labels['com.docker.compose.project'] ?? null,
  service: container.labels['com.docker.compose.service'] ?? null,
  createdAt: new Date(container.createdAt).toISOString(),
  usage: usageOf(container),
});

/** What the script does not report is null. */
export const toDetail = (container: PushedContainer): PushedDetail => ({
  ...toRow(container),
  imageId: container.imageId,
  command: container.command === '' ? [] : [container.command],
  entrypoint: null,
  workingDir: null,
  user: null,
  hostname: null,
  startedAt: container.startedAt === null ? null : new Date(container.startedAt).toISOString(),
  finishedAt: null,
  restartCount: container.restartCount,
  restartPolicy: container.restartPolicy,
  oomKilled: null,
  error: null,
  tty: null,
  privileged: null,
  mounts: container.mounts.map(({ type, source, destination, rw }) => ({
    type,
    name: type === 'volume' ? source : null,
    source,
    destination,
    writable: rw,
  })),
  networks: container.networks.map(({ name, ip }) => ({ name, ip, gateway: null, mac: null, aliases: null })),
  env: container.env.map(({ key, value }) => ({ key, value, masked: value === MASK })),
  labels: container.labels,
  healthLog: null,
  logDriver: null,
});
