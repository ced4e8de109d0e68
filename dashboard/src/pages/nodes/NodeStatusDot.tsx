import type { NodeSummary } from '@serverbox/contract/nodes';
import { StatusDot } from '../../ui/StatusDot.tsx';
import { STATUS_TONES, STATUS_WORDS } from './node-status.ts';

export const NodeStatusDot = ({
  status,
  isLabelHidden,
}: {
  status: NodeSummary['status'];
  isLabelHidden?: boolean;
}) => (
  <StatusDot
    tone={STATUS_TONES[status.state]}
    label={STATUS_WORDS[status.state]}
    isLabelHidden={isLabelHidden ?? false}
    isPulsing={status.state === 'critical'}
  />
);
