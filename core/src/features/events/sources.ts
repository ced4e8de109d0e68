/** Where live events come from: the ingest of metrics in this core, and what the cores tell each other. */
import type { LiveEvent } from '@serverbox/contract/events';
import type { NodeId } from '@serverbox/contract/ids';
import type { RunId } from '@serverbox/contract/runs';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Log } from '../../lib/log.ts';
import type { MetricsService } from '../metrics/service.ts';
import type { Nodes } from '../nodes/service.ts';
import type { EventHub } from './hub.ts';
import { TICK_MS } from './hub.ts';

export interface SourceDeps {
  hub: EventHub;
  bus: Bus;
  metrics: Pick<MetricsService, 'subscribe'>;
  nodes: Pick<Nodes, 'listActivityById'>;
  log: Log;
}

/** Nodes that change within a tick are told together: after a restart, all of them change at once. */
const createNodeNews = (hub: EventHub) => {
  let ids = new Set<NodeId>();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    hub.publish('nodes', { type: 'nodes', ids: [...ids] });
    ids = new Set();
  };
  return {
    add: ({ nodeId }: { nodeId: NodeId }): void => {
      ids.add(nodeId);
      timer ??= setTimeout(tell, TICK_MS);
    },
    stop: (): void => clearTimeout(timer),
  };
};

/** Many nodes can be told of at once: one query for all of a tick. */
const createActivityNews = ({ hub, nodes, log }: Pick<SourceDeps, 'hub' | 'nodes' | 'log'>) => {
  let ids: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const tell = async (): Promise<void> => {
    timer = undefined;
    const added = ids;
    ids = [];
    for (const item of await nodes.listActivityById(added)) hub.publish('activity', { type: 'activity', item });
  };
  const tellLogged = (): void =>
    void tell().catch((error: unknown) => {
      // Its readers would miss it without knowing.
      log.warn('activity was not told live', { error });
      hub.resyncAll();
    });
  return {
    add: ({ id }: { id: string }): void => {
      ids.push(id);
      timer ??= setTimeout(tellLogged, TICK_MS);
    },
    stop: (): void => clearTimeout(timer),
  };
};

/** The same for fleet commands: each part of one changes several times. */
const createRunNews = (hub: EventHub) => {
  let changed = new Map<RunId, Set<NodeId>>();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    for (const [runId, nodeIds] of changed) hub.publish('runs', { type: 'run', runId, nodeIds: [...nodeIds] });
    changed = new Map();
  };
  return {
    add: ({ runId, nodeIds }: { runId: RunId; nodeIds: NodeId[] }): void => {
      const known = changed.get(runId) ?? new Set();
      for (const nodeId of nodeIds) known.add(nodeId);
      changed.set(runId, known);
      timer ??= setTimeout(tell, TICK_MS);
    },
    stop: (): void => clearTimeout(timer),
  };
};

/** Connects all sources to the hub; the returned function disconnects them. */
export const connectSources = ({ hub, bus, metrics, nodes, log }: SourceDeps): (() => void) => {
  const nodeNews = createNodeNews(hub);
  const activityNews = createActivityNews({ hub, nodes, log });
  const runNews = createRunNews(hub);
  const ends = [
    metrics.subscribe((news) => hub.publish(`metrics:${news.nodeId}`, news as LiveEvent)),
    bus.subscribe('node.changed', nodeNews.add),
    bus.subscribe('node.linked', nodeNews.add),
    bus.subscribe('node.unlinked', nodeNews.add),
    bus.subscribe('containers.changed', (news) => hub.publish('containers', { type: 'containers', ...news })),
    bus.subscribe('install.step', (news) => hub.publish('nodes', { type: 'install', ...news })),
    bus.subscribe('activity.added', activityNews.add),
    bus.subscribe('run.changed', runNews.add),
    bus.subscribe('bus.resumed', () => hub.resyncAll()),
  ];
  return () => {
    for (const news of [nodeNews, activityNews, runNews]) news.stop();
    for (const end of ends) end();
  };
};
