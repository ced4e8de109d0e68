/** For tests: fleet commands on nodes of a real database, over links to a real sshd. */
import type { NodeId } from '@serverbox/contract/ids';
import type { Run, RunCommand, RunId } from '@serverbox/contract/runs';
import type { NodeWay } from '@serverbox/contract/ways';
import { expect, vi } from 'vitest';
import type { SshServer } from '../../../../lab/sshd.ts';
import { startSshd } from '../../../../lab/sshd.ts';
import { systemClock } from '../../lib/clock.ts';
import { AppError } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import type { NodeLink } from '../../lib/link/link.ts';
import { openLabLink } from '../../lib/link/testing-sshd.ts';
import { silentLog } from '../../lib/log.ts';
import type { AuditIntent } from '../../middleware/ports.ts';
import { openNodes, principal } from '../nodes/testing.ts';
import { createRuns } from './service.ts';

export interface AuditLine extends AuditIntent {
  outcome: string;
}

const POLLED: NodeWay = { way: 'poll', state: 'up', isInUse: true, text: '', since: null };

export const openRuns = async () => {
  const context = await openNodes();
  const { database, bus, nodes, addNode } = context;
  const linked = new Map<NodeId, NodeLink>();
  const ways = new Map<NodeId, NodeWay[]>();
  /** Nodes that are not in the scope of the caller. */
  const foreign = new Set<NodeId>();
  const audited: AuditLine[] = [];
  const sshds: SshServer[] = [];
  const opened: ReturnType<typeof createRuns>[] = [];

  const reach = async (nodeId: NodeId): Promise<NodeLink> => {
    const link = linked.get(nodeId);
    if (link === undefined) throw new AppError('node_unreachable', 'The node has no connection.');
    return link;
  };
  /** A core of its own on the same database; the first one is open already. */
  const openCore = () => {
    const runs = createRuns({
      database,
      clock: systemClock,
      log: silentLog,
      bus,
      audit: {
        intend: async () => newId(),
        conclude: async (_, intent, outcome, details) => void audited.push({ ...intent, outcome, details }),
      },
      links: { reach },
      listScoped: async (of) => (await nodes.listScoped(of)).filter(({ id }) => !foreign.has(id)),
      listWays: async (nodeId) => ways.get(nodeId) ?? [],
      recordActivity: nodes.recordActivities,
    });
    opened.push(runs);
    runs.open();
    return runs;
  };
  const runs = openCore();

  const startServer = async (): Promise<SshServer> => {
    const sshd = await startSshd({ maxSessions: 1000 });
    sshds.push(sshd);
    return sshd;
  };
  const untilEnded = (id: RunId, timeout = 20_000): Promise<Run> =>
    vi.waitFor(
      async () => {
        const run = await runs.get(id);
        expect(run.endedAt).not.toBeNull();
        return run;
      },
      { timeout, interval: 25 },
    );
  return {
    ...context,
    runs,
    openCore,
    linked,
    ways,
    foreign,
    audited,
    startServer,
    untilEnded,
    /** A node with a link of its own. */
    addLinked: async (name: string, sshd: SshServer): Promise<NodeId> => {
      const nodeId = await addNode(name);
      linked.set(nodeId, await openLabLink(sshd));
      return nodeId;
    },
    addPolled: async (name: string): Promise<NodeId> => {
      const nodeId = await addNode(name);
      ways.set(nodeId, [POLLED]);
      return nodeId;
    },
    start: (nodeIds: NodeId[], command: RunCommand, timeoutMs = 15_000) =>
      runs.start(principal, { nodeIds, command, timeoutMs }),
    [Symbol.asyncDispose]: async (): Promise<void> => {
      for (const core of opened) await core.close();
      for (const link of linked.values()) link.close('the test ended');
      for (const sshd of sshds) await sshd.stop();
      await context[Symbol.asyncDispose]();
    },
  };
};

export const argv = (...words: string[]): RunCommand => ({ kind: 'argv', argv: words });
export const script = (text: string): RunCommand => ({ kind: 'script', script: text });

/** The targets of a run by the name of their node. */
export const byName = ({ targets }: Run) => Object.fromEntries(targets.map((target) => [target.nodeName, target]));
