/** The core's live channel on its own HTTP server, with a source that publishes as fast as it is told to. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NodeId, SessionId, UserId } from '@serverbox/contract/ids';
import { ALL_PERMISSIONS } from '@serverbox/contract/permissions';
import { createEvents } from '../../core/src/features/events/service.ts';
import type { LiveMetrics } from '../../core/src/features/metrics/live.ts';
import { createMemoryBus } from '../../core/src/lib/bus/memory-bus.ts';
import { systemClock } from '../../core/src/lib/clock.ts';
import { newId } from '../../core/src/lib/ids.ts';
import { silentLog as log } from '../../core/src/lib/log.ts';
import type { Principal } from '../../core/src/middleware/ports.ts';
import { serve } from '../lib/serve.ts';
import { readUsage } from '../lib/usage.ts';
import { createPublisher, NODE_ID, sharedNow, TOPIC, VALUES } from './publisher.ts';

const nodeId = NODE_ID as NodeId;
const listeners = new Set<(news: LiveMetrics) => void>();
const bus = createMemoryBus(log);
const events = createEvents({
  bus,
  clock: systemClock,
  log,
  metrics: {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    watch: () => () => undefined,
  },
  nodes: { find: async (_, id) => ({ id, name: 'bench' }), listActivityById: async () => [] },
});
/** The gate's part is left out: whoever comes here may listen. */
const principal: Principal = {
  userId: newId<UserId>(),
  email: 'bench@example.org',
  role: 'admin',
  permissions: new Set(ALL_PERMISSIONS),
  sessionId: newId<SessionId>(),
};
const server = createServer((_, response) => {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  void events.serve({ principal, topics: [TOPIC], lastEventId: undefined, signal: gone.signal }, response);
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 2048 });
await once(server, 'listening');

let padding: number[] = [];
const publisher = createPublisher(() => {
  const news: LiveMetrics = { type: 'host', nodeId, at: sharedNow(), values: [...VALUES, ...padding] };
  for (const listener of listeners) listener(news);
});

serve(
  {
    port: () => (server.address() as AddressInfo).port,
    rate: publisher.setRate,
    /** Makes each event larger by about so many bytes. */
    pad: (bytes: number) => {
      padding = Array.from({ length: Math.round(bytes / 2) }, () => 7);
    },
    usage: readUsage,
    subscriberCount: () => events.subscriberCount,
  },
  async () => {
    publisher.setRate(0);
    events.close();
    server.close();
    server.closeAllConnections();
    await bus.close();
  },
);
