/** Rows and inspections as the API shows them. Whatever may be a secret is hidden here, before anybody sees it. */
import type { Container, ContainerDetail, ObservedContainer, RemovalPlan } from '@serverbox/contract/containers';
import { ContainerId } from '@serverbox/contract/ids';
import { CONTAINER_FIELDS } from '@serverbox/contract/metrics';
import type { z } from 'zod';
import {
  hideKnown,
  maskArguments,
  maskEnv,
  maskLabels,
  maskText,
  parseEnv,
  secretValues,
} from '../../lib/docker/masking.ts';
import type { ContainerInspect } from '../../lib/docker/replies.ts';
import type { ContainerRow } from '../../lib/docker/rows.ts';
import { parseHealth, parseState, statusWords } from '../../lib/docker/rows.ts';
import type { ScopedNode } from '../../middleware/ports.ts';

/** Latest samples of a node's running containers by the first 12 digits of the id, in the order of CONTAINER_FIELDS. */
export type UsageById = ReadonlyMap<string, readonly (number | null)[]>;
export interface LatestUsage {
  rows: UsageById;
  observedAt: Date;
}

/** Agents sample every few seconds; an older sample says nothing about now. */
const MAX_USAGE_AGE_MS = 30_000;

/** The samples that belong to what was seen at `observedAt`; none when they are older. */
export const currentUsage = (usage: LatestUsage | undefined, observedAt: Date): UsageById =>
  usage !== undefined && observedAt.getTime() - usage.observedAt.getTime() <= MAX_USAGE_AGE_MS ? usage.rows : new Map();

const MAX_HEALTH_CHARS = 4096;
const ID_CHARS_IN_SAMPLES = 12;

/** Null: not running, or no sample yet. */
const usageOf = (row: ContainerRow, usage: UsageById): Container['usage'] => {
  const values = row.state === 'running' ? usage.get(row.id.slice(0, ID_CHARS_IN_SAMPLES)) : undefined;
  if (values === undefined) return null;
  const entries = CONTAINER_FIELDS.map((field, index) => {
    const value = values[index];
    return [field, value === undefined || value === null || Number.isNaN(value) ? null : value] as const;
  });
  return Object.fromEntries(entries) as Container['usage'];
};

interface Context {
  node: ScopedNode;
  usage: UsageById;
  now: Date;
}

const presentContainer = (row: ContainerRow, { node, usage, now }: Context): Container => {
  const { sinceAt, createdAt, ...rest } = row;
  return {
    ...rest,
    nodeId: node.id,
    nodeName: node.name,
    status: statusWords(row, now),
    createdAt: createdAt.toISOString(),
    usage: usageOf(row, usage),
  };
};

export const presentRow = (row: ContainerRow, context: Context, observedAt: Date): ObservedContainer => ({
  value: presentContainer(row, context),
  observedAt: observedAt.toISOString(),
  source: 'docker',
});

/** The engine writes "0001-01-01T00:00:00Z" for never. */
const instant = (text: string): Date | null => {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) || at.getUTCFullYear() < 1970 ? null : at;
};

const portsOf = (ports: ContainerInspect['NetworkSettings']['Ports']): Container['ports'] =>
  Object.entries(ports).flatMap(([key, bindings]) => {
    const [port = '', protocol = ''] = key.split('/');
    const exposed = { containerPort: Number.parseInt(port, 10) || 0, protocol };
    if (bindings.length === 0) return [{ ...exposed, hostIp: null, hostPort: null }];
    return bindings.map(({ HostIp, HostPort }) => {
      const hostPort = Number.parseInt(HostPort, 10);
      return { ...exposed, hostIp: HostIp || null, hostPort: Number.isNaN(hostPort) ? null : hostPort };
    });
  });

const rowOfInspect = (found: ContainerInspect): ContainerRow => {
  const { State, Config } = found;
  const state = parseState(State.Status);
  const hasEnded = state === 'exited' || state === 'dead';
  return {
    id: ContainerId.parse(found.Id),
    name: found.Name.replace(/^\//, ''),
    image: maskText(Config.Image),
    state,
    health: parseHealth(State.Health?.Status ?? 'none'),
    exitCode: hasEnded ? State.ExitCode : null,
    ports: portsOf(found.NetworkSettings.Ports),
    project: Config.Labels['com.docker.compose.project'] ?? null,
    service: Config.Labels['com.docker.compose.service'] ?? null,
    createdAt: instant(found.Created) ?? new Date(0),
    sinceAt: instant(hasEnded || state === 'restarting' ? State.FinishedAt : State.StartedAt),
  };
};

const mountsOf = ({ Mounts }: ContainerInspect): ContainerDetail['mounts'] =>
  Mounts.map(({ Type, Name, Source, Destination, RW }) => ({
    type: Type,
    name: Name === '' ? null : Name,
    source: Source,
    destination: Destination,
    writable: RW,
  }));

const networksOf = ({ NetworkSettings }: ContainerInspect): ContainerDetail['networks'] =>
  Object.entries(NetworkSettings.Networks).map(([name, network]) => ({
    name,
    ip: network?.IPAddress ?? '',
    gateway: network?.Gateway ?? '',
    mac: network?.MacAddress ?? '',
    aliases: network?.Aliases ?? [],
  }));

const healthLogOf = ({ State }: ContainerInspect): ContainerDetail['healthLog'] =>
  (State.Health?.Log ?? []).flatMap(({ Start, ExitCode, Output }) => {
    const at = instant(Start);
    if (at === null) return [];
    return [{ at: at.toISOString(), exitCode: ExitCode, output: maskText(Output.slice(0, MAX_HEALTH_CHARS)) }];
  });

const restartPolicyOf = ({ HostConfig }: ContainerInspect): string => {
  const { Name = '', MaximumRetryCount = 0 } = HostConfig.RestartPolicy ?? {};
  if (Name === '') return 'no';
  return MaximumRetryCount > 0 ? `${Name}:${MaximumRetryCount}` : Name;
};

/** Everything about one container, with secrets hidden: also where a hidden value stands in another field. */
export const presentDetail = (found: ContainerInspect, context: Context): ContainerDetail => {
  const { State, Config, HostConfig } = found;
  const env = parseEnv(Config.Env);
  const row = presentContainer(rowOfInspect(found), context);
  const detail: ContainerDetail = {
    ...row,
    imageId: found.Image,
    command: maskArguments(Config.Cmd),
    entrypoint: maskArguments(Config.Entrypoint),
    workingDir: Config.WorkingDir,
    user: Config.User,
    hostname: Config.Hostname,
    startedAt: instant(State.StartedAt)?.toISOString() ?? null,
    finishedAt: instant(State.FinishedAt)?.toISOString() ?? null,
    restartCount: found.RestartCount,
    restartPolicy: restartPolicyOf(found),
    oomKilled: State.OOMKilled,
    error: maskText(State.Error),
    tty: Config.Tty,
    privileged: HostConfig.Privileged,
    mounts: mountsOf(found),
    networks: networksOf(found),
    env: maskEnv(env),
    labels: maskLabels(Config.Labels),
    healthLog: healthLogOf(found),
    logDriver: HostConfig.LogConfig?.Type ?? '',
  };
  // What tells the container apart stays: an id is no secret, and hiding a part of it would break it.
  const { id, nodeId, nodeName, name, state, health, createdAt, ...rest } = detail;
  return { ...hideKnown(rest, secretValues(env, Config.Labels)), id, nodeId, nodeName, name, state, health, createdAt };
};

const ANONYMOUS_VOLUME = /^[0-9a-f]{64}$/;

/** The engine removes a volume with its container when it was neither named nor brought along. */
export const presentRemovalPlan = (found: ContainerInspect): z.infer<typeof RemovalPlan> => {
  const { Binds, Mounts } = found.HostConfig;
  const named = new Set([...Binds.map((bind) => bind.split(':')[0] ?? ''), ...Mounts.map(({ Source }) => Source)]);
  const volumes = found.Mounts.filter(({ Type }) => Type === 'volume').map(({ Name }) => Name);
  const isAnonymous = (name: string) => ANONYMOUS_VOLUME.test(name) && !named.has(name);
  const published = portsOf(found.NetworkSettings.Ports).filter(({ hostPort }) => hostPort !== null);
  return {
    name: found.Name.replace(/^\//, ''),
    isRunning: ['running', 'paused', 'restarting'].includes(found.State.Status),
    anonymousVolumes: volumes.filter(isAnonymous),
    keptVolumes: volumes.filter((name) => !isAnonymous(name)),
    publishedPorts: published.map(
      (port) => `${port.hostIp ?? ''}:${port.hostPort} → ${port.containerPort}/${port.protocol}`,
    ),
  };
};
