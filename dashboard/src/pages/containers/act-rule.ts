/**
 * Which acts are asked about first, and what is shown then. One rule for rows, headers, the palette and many at once: what
 * ends the processes of a container asks, with what stops answering. What only starts something, or is taken back by its
 * counterpart without a loss, happens at once.
 */
import type { Container, ContainerAction, ContainerState } from '@serverbox/contract/containers';
import type { Consequence } from '../../ui/ConfirmDialog.tsx';

const ENDS_PROCESSES: Record<ContainerAction, boolean> = {
  start: false,
  pause: false,
  unpause: false,
  restart: true,
  stop: true,
  kill: true,
  remove: true,
};

const RUNS_NOTHING: ReadonlySet<ContainerState> = new Set(['created', 'exited', 'dead']);

/** Nothing ends when a container that does not run is restarted. A removal asks in every state: it is for good. */
export const asksFirst = (action: ContainerAction, state: ContainerState): boolean =>
  ENDS_PROCESSES[action] && (action === 'remove' || !RUNS_NOTHING.has(state));

/** Enter confirms what brings itself back; for the others Cancel has the focus. */
export const toneOf = (action: ContainerAction): 'danger' | 'neutral' =>
  ENDS_PROCESSES[action] && action !== 'restart' ? 'danger' : 'neutral';

const portsOf = (target: Pick<Container, 'ports'>): number[] => [
  ...new Set(target.ports.flatMap(({ hostPort }) => (hostPort === null ? [] : [hostPort]))),
];

const AWAY: Partial<Record<ContainerAction, string>> = {
  restart: 'stops until it is up again',
  stop: 'stops until it is started again',
  remove: 'is removed for good',
};

type Affected = Pick<Container, 'name' | 'nodeName' | 'ports' | 'state'>;

/** The blast radius: what goes away, for how long, and which ports nobody answers on meanwhile. */
export const consequencesOf = (action: ContainerAction, targets: readonly Affected[]): Consequence[] =>
  targets.map((target) => {
    if (!asksFirst(action, target.state)) return { text: `${target.name} on ${target.nodeName} is started.` };
    const ports = portsOf(target);
    const silence =
      ports.length === 0
        ? ''
        : ` Nothing answers on port ${ports.join(', ')}${action === 'remove' ? '' : ' meanwhile'}.`;
    return {
      text: `${target.name} on ${target.nodeName} ${AWAY[action] ?? 'is affected'}.${silence}`,
      tone: toneOf(action) === 'danger' ? 'danger' : 'warning',
    };
  });
