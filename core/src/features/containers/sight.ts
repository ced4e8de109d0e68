/** What is known of the containers: what the engines told, and where none can be asked what the machine reported by itself. */
import type { ContainerDetail, ContainerList, NodeProblem, ObservedContainer } from '@serverbox/contract/containers';
import type { ContainerId, NodeId } from '@serverbox/contract/ids';
import type { Observed } from '@serverbox/contract/observed';
import type { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import type { ContainerRow } from '../../lib/docker/rows.ts';
import { AppError, notFound } from '../../lib/errors.ts';
import type { NodeLinks } from '../../lib/link/link.ts';
import type { ScopedNode } from '../../middleware/ports.ts';
import type { Pushed } from './ports.ts';
import type { LatestUsage } from './present.ts';
import { currentUsage, presentRow } from './present.ts';
import type { Snapshots } from './reconcile.ts';
import { presentReported, reportedProblem } from './reported.ts';

export interface ContainerCounts {
  running: number;
  total: number;
  unhealthy: number;
}

export interface Sight {
  /** Of these nodes. Those that cannot be asked are named in `problems`, their last rows stay. */
  look(nodes: readonly ScopedNode[]): Promise<ContainerList>;
  /** Whether the node is known by its own reports alone. */
  isReported(nodeId: NodeId): boolean;
  /** @throws AppError `not_found` */
  getReported(node: ScopedNode, containerId: ContainerId): Promise<Observed<ContainerDetail>>;
  /** Null: Docker is not known on this node. */
  countOf(nodeId: NodeId): { running: number; total: number } | null;
  /** Over these nodes, as far as they are known. */
  counts(nodeIds: readonly NodeId[]): ContainerCounts;
}

export interface SightDeps {
  links: Pick<NodeLinks, 'find'>;
  pushed: Pushed;
  clock: Clock;
  latestUsage(nodeId: NodeId): LatestUsage | undefined;
}

/** How long a list waits for a node that was never read: the others must not wait for it. */
const FIRST_READ_MS = 1500;

const problemOf = ({ id, name }: ScopedNode, error: AppError): z.infer<typeof NodeProblem> => ({
  nodeId: id,
  nodeName: name,
  code: error.code,
  message: error.message,
});

const stillReading = () => new AppError('timed_out', 'Docker on this node has not answered yet.');

const isRunning = ({ state }: { state: string }): boolean => state === 'running';

export const createSight = ({ links, pushed, clock, latestUsage }: SightDeps, snapshots: Snapshots): Sight => {
  const findReported = (nodeId: NodeId) => (links.find(nodeId) === undefined ? pushed.view(nodeId) : undefined);

  const rowsOf = (node: ScopedNode, now: Date): ObservedContainer[] => {
    const reported = findReported(node.id);
    if (reported !== undefined) return presentReported(node, reported);
    const view = snapshots.find(node.id)?.view();
    const observedAt = view?.observedAt ?? now;
    const usage = currentUsage(latestUsage(node.id), observedAt);
    return (view?.rows ?? []).map((row) => presentRow(row, { node, usage, now }, observedAt));
  };

  const findProblem = (nodeId: NodeId): AppError | undefined => {
    const reported = findReported(nodeId);
    if (reported !== undefined) return reportedProblem(reported);
    const view = snapshots.find(nodeId)?.view();
    return view?.problem ?? (view?.rows === undefined ? stillReading() : undefined);
  };

  /** Undefined: never read. */
  const statesOf = (nodeId: NodeId): readonly Pick<ContainerRow, 'state' | 'health'>[] | undefined =>
    (findReported(nodeId) ?? snapshots.find(nodeId)?.view())?.rows;

  return {
    look: async (nodes) => {
      const asked = nodes.filter(({ id }) => findReported(id) === undefined);
      await Promise.all(asked.map(({ id }) => snapshots.ensure(id).settled(FIRST_READ_MS)));
      const now = clock.now();
      return {
        items: nodes.flatMap((node) => rowsOf(node, now)),
        problems: nodes.flatMap((node) => {
          const problem = findProblem(node.id);
          return problem === undefined ? [] : [problemOf(node, problem)];
        }),
        nextCursor: null,
      };
    },
    isReported: (nodeId) => findReported(nodeId) !== undefined,
    getReported: async (node, containerId) => {
      const reported = await pushed.findDetail(node.id, containerId);
      if (reported === undefined) throw notFound('The container');
      const value = { ...reported.value, nodeId: node.id, nodeName: node.name };
      return { value, observedAt: reported.observedAt.toISOString(), source: 'push' };
    },
    countOf: (nodeId) => {
      const rows = statesOf(nodeId);
      return rows === undefined ? null : { running: rows.filter(isRunning).length, total: rows.length };
    },
    counts: (nodeIds) => {
      const rows = nodeIds.flatMap((nodeId) => statesOf(nodeId) ?? []);
      const unhealthy = rows.filter((row) => isRunning(row) && row.health === 'unhealthy').length;
      return { running: rows.filter(isRunning).length, total: rows.length, unhealthy };
    },
  };
};
