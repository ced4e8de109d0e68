/** A line of the engine's list as a row of ours. Everything in it is hostile text of bounded length. */
import type { Container, ContainerState } from '@serverbox/contract/containers';
import { CONTAINER_STATES, HEALTHS } from '@serverbox/contract/containers';
import { ContainerId } from '@serverbox/contract/ids';
import { unreachableCase } from '../errors.ts';
import { maskText } from './masking.ts';
import type { ContainerSummary } from './replies.ts';
import { ageWords, parseAgeMs } from './status-words.ts';

export interface ContainerRow extends Pick<Container, 'name' | 'image' | 'state' | 'health' | 'exitCode' | 'ports'> {
  id: ContainerId;
  project: string | null;
  service: string | null;
  createdAt: Date;
  /** When it came up, or ended: as exact as the engine's words were. Null where they name no age. */
  sinceAt: Date | null;
}

const MAX_NAME_CHARS = 256;
const MAX_IMAGE_CHARS = 512;
const MAX_PORTS = 1024;

/** States of other engines that speak this API (Podman). */
const FOREIGN_STATES: Record<string, ContainerState> = {
  configured: 'created',
  initialized: 'created',
  stopped: 'exited',
  stopping: 'running',
};

/** A state that nobody knows is shown as dead: nothing but starting or removing is offered for it. */
export const parseState = (state: string): ContainerState =>
  CONTAINER_STATES.find((known) => known === state) ?? FOREIGN_STATES[state] ?? 'dead';

export const parseHealth = (status: string): Container['health'] => HEALTHS.find((known) => known === status) ?? 'none';

const healthInWords = (status: string): Container['health'] => {
  const words = /\((healthy|unhealthy|health: starting)\)$/.exec(status)?.[1];
  return words === undefined ? 'none' : parseHealth(words.replace('health: ', ''));
};

const exitCodeIn = (status: string): number | null => {
  const code = /^Exited \((\d{1,10})\)/.exec(status)?.[1];
  return code === undefined ? null : Number(code);
};

const byPort = (a: Container['ports'][number], b: Container['ports'][number]): number =>
  a.containerPort - b.containerPort ||
  a.protocol.localeCompare(b.protocol) ||
  (a.hostPort ?? 0) - (b.hostPort ?? 0) ||
  (a.hostIp ?? '').localeCompare(b.hostIp ?? '');

const portsOf = (ports: ContainerSummary['Ports']): Container['ports'] =>
  ports
    .slice(0, MAX_PORTS)
    .map(({ IP, PrivatePort, PublicPort, Type }) => ({
      hostIp: IP === '' ? null : IP.slice(0, 64),
      hostPort: PublicPort ?? null,
      containerPort: PrivatePort,
      protocol: Type.slice(0, 16),
    }))
    .sort(byPort);

/** The engine's main name: links of other containers stand in the list too, with a second slash. */
const nameOf = ({ Id, Names }: ContainerSummary): string => {
  const own = Names.find((name) => name.lastIndexOf('/') === 0) ?? Names[0] ?? Id.slice(0, 12);
  return own.replace(/^\//, '').slice(0, MAX_NAME_CHARS);
};

const label = (labels: Record<string, string>, key: string): string | null =>
  labels[key]?.slice(0, MAX_NAME_CHARS) ?? null;

/** `readAt`: when the list was read, from which the age in words counts. */
export const rowOf = (summary: ContainerSummary, readAt: Date): ContainerRow => {
  const ageMs = parseAgeMs(summary.Status.replace(/^(Up|(Exited|Restarting) \(\d{1,10}\)) /, ''));
  return {
    id: ContainerId.parse(summary.Id),
    name: nameOf(summary),
    image: maskText(summary.Image.slice(0, MAX_IMAGE_CHARS)),
    state: parseState(summary.State),
    health: summary.Health == null ? healthInWords(summary.Status) : parseHealth(summary.Health.Status),
    exitCode: exitCodeIn(summary.Status),
    ports: portsOf(summary.Ports),
    project: label(summary.Labels, 'com.docker.compose.project'),
    service: label(summary.Labels, 'com.docker.compose.service'),
    createdAt: new Date(summary.Created * 1000),
    sinceAt: ageMs === undefined ? null : new Date(readAt.getTime() - ageMs),
  };
};

const HEALTH_WORDS: Record<Container['health'], string> = {
  healthy: ' (healthy)',
  unhealthy: ' (unhealthy)',
  starting: ' (health: starting)',
  none: '',
};

/** The engine's words for a row, as it would say them at `now`. */
export const statusWords = ({ state, health, exitCode, sinceAt }: ContainerRow, now: Date): string => {
  const age = sinceAt === null ? '' : ageWords(now.getTime() - sinceAt.getTime());
  switch (state) {
    case 'running':
      return `Up ${age}${HEALTH_WORDS[health]}`;
    case 'paused':
      return `Up ${age} (Paused)`;
    case 'restarting':
      return `Restarting ${age} ago`;
    case 'exited':
      return `Exited (${exitCode ?? '?'}) ${age} ago`;
    case 'created':
      return 'Created';
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
    default:
      return unreachableCase(state);
  }
};
