/** What containers need from other features. `app.ts` wires the answers. */
import type { Container, ContainerDetail } from '@serverbox/contract/containers';
import type { ContainerId, NodeId } from '@serverbox/contract/ids';

/** What a machine reported that is never asked: shown where no engine can be. */
export interface Pushed {
  /** Undefined for a node whose containers are not reported. `rows` is undefined until the first report. */
  view(
    nodeId: NodeId,
  ):
    | { rows: readonly Omit<Container, 'nodeId' | 'nodeName'>[] | undefined; observedAt: Date; isStale: boolean }
    | undefined;
  findDetail(
    nodeId: NodeId,
    containerId: ContainerId,
  ): Promise<{ value: Omit<ContainerDetail, 'nodeId' | 'nodeName'>; observedAt: Date } | undefined>;
}
