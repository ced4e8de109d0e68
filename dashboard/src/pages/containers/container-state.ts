import type { Container, ContainerState } from '@serverbox/contract/containers';
import type { Tone } from '../../ui/types.ts';
import type { StateFilter } from './search.ts';

const STATE_TONES: Record<ContainerState, Tone | 'off'> = {
  created: 'off',
  running: 'success',
  paused: 'info',
  restarting: 'warning',
  removing: 'warning',
  exited: 'off',
  dead: 'danger',
};

/** The state in one or two words, with what makes it remarkable. */
export const stateWords = ({ state, health, exitCode }: Pick<Container, 'state' | 'health' | 'exitCode'>): string => {
  if (state === 'exited') return exitCode === null || exitCode === 0 ? 'Exited' : `Exited (${exitCode})`;
  if (state === 'running' && health === 'unhealthy') return 'Unhealthy';
  if (state === 'running' && health === 'starting') return 'Starting';
  return state.charAt(0).toUpperCase() + state.slice(1);
};

/**
 * What Docker adds to the state, without repeating it: "Up 2 hours (unhealthy)" is "Up 2 hours" beside the word Unhealthy,
 * "Exited (137) 3 days ago" is "3 days ago".
 */
export const stateDetail = ({ status }: Pick<Container, 'status'>): string => {
  const rest = status
    .replace(/ \((?:healthy|unhealthy|health: starting|Paused)\)$/, '')
    .replace(/^(?:Exited|Restarting)(?: \(-?\d+\))? /, '');
  return /^(?:Created|Dead|Removal In Progress)$/.test(rest) ? '' : rest;
};

export const stateTone = ({
  state,
  health,
  exitCode,
}: Pick<Container, 'state' | 'health' | 'exitCode'>): Tone | 'off' => {
  if (state === 'running' && health === 'unhealthy') return 'danger';
  if (state === 'running' && health === 'starting') return 'warning';
  if (state === 'exited' && exitCode !== null && exitCode !== 0 && !ENDED_ON_REQUEST.has(exitCode)) return 'danger';
  return STATE_TONES[state];
};

/** 128 + SIGKILL and SIGTERM: how a container looks that somebody has stopped. */
const ENDED_ON_REQUEST: ReadonlySet<number> = new Set([137, 143]);

/** Whether somebody should look at it. */
export const needsAttention = (container: Container): boolean =>
  container.state === 'dead' || container.state === 'restarting' || stateTone(container) === 'danger';

export const matchesFilter = (container: Container, filter: StateFilter): boolean => {
  switch (filter) {
    case 'running':
      return container.state === 'running' || container.state === 'restarting';
    case 'stopped':
      return container.state === 'exited' || container.state === 'created' || container.state === 'dead';
    case 'paused':
      return container.state === 'paused';
    case 'unhealthy':
      return needsAttention(container);
  }
};

/** "8080 → 80/tcp"; only what is published, each once even when bound to IPv4 and IPv6. */
export const publishedPorts = (ports: Container['ports']): string[] => [
  ...new Set(
    ports.flatMap(({ hostPort, containerPort, protocol }) =>
      hostPort === null ? [] : [`${hostPort} → ${containerPort}/${protocol}`],
    ),
  ),
];
