import type { ObservedContainer } from '@serverbox/contract/containers';
import { linkOptions } from '@tanstack/react-router';

export const linkToContainer = ({ value }: ObservedContainer) =>
  linkOptions({
    to: '/nodes/$nodeId/containers/$containerId',
    params: { nodeId: value.nodeId, containerId: value.id },
  });
