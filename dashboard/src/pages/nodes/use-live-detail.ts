import type { NodeDetail } from '@serverbox/contract/nodes';
import { useState } from 'react';
import { useLive } from '../../hooks/use-live.ts';

type Detail = NodeDetail['detail'];

/** The node's detail as it arrives each second while one looks, or as the core had it when the page was read. */
export const useLiveDetail = (node: NodeDetail): Detail => {
  const [live, setLive] = useState<Detail>(null);
  useLive([`metrics:${node.id}`], (event) => {
    if (event.type !== 'detail' || event.nodeId !== node.id) return;
    setLive({ value: event.detail, observedAt: new Date(event.at).toISOString(), source: 'agent' });
  });
  return live ?? node.detail;
};
