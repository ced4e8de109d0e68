import type { NodeSummary } from '@serverbox/contract/nodes';
import type { Tone } from '../../ui/types.ts';

export type NodeState = NodeSummary['status']['state'];

export const STATUS_WORDS: Record<NodeState, string> = {
  online: 'Online',
  warning: 'Warning',
  critical: 'Critical',
  offline: 'Offline',
  unknown: 'Unknown',
};
export const STATUS_TONES: Record<NodeState, Tone | 'off'> = {
  online: 'success',
  warning: 'warning',
  critical: 'danger',
  offline: 'off',
  unknown: 'off',
};

/** A node that has no link shows its last values as old ones. */
export const isReachable = (state: NodeState): boolean => state !== 'offline' && state !== 'unknown';
