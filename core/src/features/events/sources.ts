/** Where live events come from: the ingest of metrics in this core, and what the cores tell each other. */
import type { LiveEvent } from '@serverbox/contract/events';
import type { NodeId } from '@serverbox/contract/ids';
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
  nodes: Pick<Nodes, 'findActivity'>;
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

/** Connects all sources to the hub; the returned function disconnects them. */
export const connectSources = ({ hub, bus, metrics, nodes, log }: SourceDeps): (() => void) => {
  const nodeNews = createNodeNews(hub);
  const tellActivity = async ({ id }: { id: string }): Promise<void> => {
    const item = await nodes.findActivity(id);
    if (item !== undefined) hub.publish('activity', { type: 'activity', item });
  };
  const ends = [
    metrics.subscribe((news) => hub.publish(`metrics:${news.nodeId}`, news as LiveEvent)),
    bus.subscribe('node.changed', nodeNews.add),
    bus.subscribe('node.linked', nodeNews.add),
    bus.subscribe('node.unlinked', nodeNews.add),
    bus.subscribe('containers.changed', (news) => hub.publish('containers', { type: 'containers', ...news })),
    bus.subscribe('activity.added', (news) =>
      tellActivity(news).catch((error: unknown) => {
        // Its readers would miss it without knowing.
        log.warn('activity was not told live', { error });
        hub.resyncAll();
      }),
    ),
    bus.subscribe('bus.resumed', () => hub.resyncAll()),
  ];
  return () => {
    nodeNews.stop();
    for (const end of ends) end();
  };
};
