/** The acts on containers: how each is asked of the core and said to people. Whether it is allowed is the contract's table. */
import type { Container, ContainerAction } from '@serverbox/contract/containers';
import { actionRefusal } from '@serverbox/contract/containers';
import type { Permission } from '@serverbox/contract/permissions';
import type { AppRouter } from '@serverbox/core/router';
import type { TRPCClient } from '@trpc/client';
import { CirclePause, CirclePlay, CircleStop, Play, RotateCw, Trash2, Zap } from 'lucide-react';
import type { Icon } from '../../ui/types.ts';
import { asksFirst } from './act-rule.ts';

export type ActTarget = Pick<Container, 'id' | 'nodeId' | 'name' | 'nodeName' | 'state' | 'ports'>;

interface ActWords {
  label: string;
  /** What happened: "web restarted". */
  done: string;
  icon: Icon;
  permission: Permission;
}

export const ACT_WORDS: Record<ContainerAction, ActWords> = {
  start: { label: 'Start', done: 'started', icon: Play, permission: 'containers.operate' },
  stop: { label: 'Stop', done: 'stopped', icon: CircleStop, permission: 'containers.operate' },
  restart: { label: 'Restart', done: 'restarted', icon: RotateCw, permission: 'containers.operate' },
  pause: { label: 'Pause', done: 'paused', icon: CirclePause, permission: 'containers.operate' },
  unpause: { label: 'Resume', done: 'resumed', icon: CirclePlay, permission: 'containers.operate' },
  kill: { label: 'Kill', done: 'was sent the signal', icon: Zap, permission: 'containers.operate' },
  remove: { label: 'Remove', done: 'removed', icon: Trash2, permission: 'containers.remove' },
};

/** How an act is called in a menu, where dots promise that a question comes first. */
export const menuLabel = (action: ContainerAction, { state }: Pick<Container, 'state'>): string =>
  `${ACT_WORDS[action].label}${asksFirst(action, state) ? '…' : ''}`;

/** Acts that need nothing more to be decided. */
export const PLAIN_ACTIONS = [
  'start',
  'stop',
  'restart',
  'pause',
  'unpause',
] as const satisfies readonly ContainerAction[];
export type PlainAction = (typeof PLAIN_ACTIONS)[number];

/** Why an act is not offered now, as a sentence: the role first, then the state. */
export const refusalOf = (
  action: ContainerAction,
  target: ActTarget,
  may: (permission: Permission) => boolean,
): string | undefined =>
  may(ACT_WORDS[action].permission)
    ? actionRefusal(action, target.state)
    : `Your role does not include this: ${ACT_WORDS[action].permission}.`;

export const runPlainAct = async (
  client: TRPCClient<AppRouter>,
  action: PlainAction,
  { nodeId, id }: ActTarget,
): Promise<void> => {
  await client.docker.containers[action].mutate({ nodeId, containerId: id });
};
