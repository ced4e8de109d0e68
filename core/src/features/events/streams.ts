import { EventsInput } from '@serverbox/contract/events';
import type { StreamRoute } from '../../middleware/stream-routes.ts';
import { streamRoute } from '../../middleware/stream-routes.ts';
import type { Events } from './service.ts';

/** A browser that reconnects by itself says in a header where it was; one that opens anew, in the query. */
const MAX_EVENT_ID_CHARS = 64;

export const createEventStreams = (events: Events): StreamRoute[] => [
  streamRoute({
    path: '/api/events',
    summary: 'Live events of the chosen topics (server-sent events)',
    permission: 'system.read',
    scope: 'fleet',
    input: EventsInput,
    serve: ({ ctx, principal, input, signal }, response) => {
      const lastEventId = ctx.requestHeaders.get('last-event-id')?.slice(0, MAX_EVENT_ID_CHARS) ?? input.lastEventId;
      return events.serve({ principal, topics: input.topics, lastEventId, signal }, response);
    },
  }),
];
