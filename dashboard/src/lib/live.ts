/**
 * The live channel: one event stream for the whole tab, whatever number of components listen. Topics come and go with the
 * components; the stream is reopened (debounced) with the last event id, so nothing is missed. A tab in the background
 * closes it after a short grace and costs nothing. Time, randomness and the network are passed in.
 */
import type { LiveEvent } from '@serverbox/contract/events';
import { retryDelayMs } from './backoff.ts';
import { createSseParser } from './sse.ts';

export type LiveTopic = 'nodes' | 'containers' | 'activity' | `metrics:${string}`;
export type LiveState = 'live' | 'reconnecting' | 'paused' | 'offline';

export const DEBOUNCE_MS = 40;
export const HIDDEN_GRACE_MS = 5000;
/** No byte for this long means a half-open connection: the core sends a comment more often than that. */
export const SILENCE_MS = 45_000;
const BACKOFF = { firstMs: 500, longestMs: 30_000 };
/** After so many failures in a row the indicator stops promising a reconnect any moment. */
const ATTEMPTS_UNTIL_OFFLINE = 4;

export interface LiveDeps {
  /** Has to refresh the session by itself; rejects or answers not-ok when there is no stream. */
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  setTimeout: (run: () => void, ms: number) => unknown;
  clearTimeout: (timer: unknown) => void;
  random: () => number;
}

export interface Live {
  /** Listens to topics until the returned function is called. */
  subscribe(topics: readonly LiveTopic[], listener: (event: LiveEvent) => void): () => void;
  state(): LiveState;
  onState(listener: () => void): () => void;
  setVisible(isVisible: boolean): void;
  /** The browser's network came or went. Coming back retries at once. */
  setOnline(isOnline: boolean): void;
  /** A closed channel can be opened again: subscriptions outlive it. */
  open(): void;
  close(): void;
}

interface Subscription {
  topics: readonly LiveTopic[];
  listener: (event: LiveEvent) => void;
}

const urlOf = (topics: string, lastEventId: string): string => {
  const query = new URLSearchParams({ topics });
  if (lastEventId !== '') query.set('lastEventId', lastEventId);
  return `/api/events?${query}`;
};

const parseEvent = (data: string): LiveEvent | undefined => {
  const event: unknown = JSON.parse(data);
  return typeof event === 'object' && event !== null && 'type' in event ? (event as LiveEvent) : undefined;
};

/** `resync` and `signed_out` concern everybody. */
const topicOf = (event: LiveEvent): LiveTopic | undefined => {
  switch (event.type) {
    case 'nodes':
    case 'containers':
    case 'activity':
      return event.type;
    case 'host':
    case 'usage':
    case 'detail':
      return `metrics:${event.nodeId}`;
    default:
      return undefined;
  }
};

export const createLive = (deps: LiveDeps): Live => {
  const subscriptions = new Set<Subscription>();
  const stateListeners = new Set<() => void>();
  let state: LiveState = 'reconnecting';
  let lastEventId = '';
  let attempt = 0;
  let isPaused = false;
  let isOnline = true;
  let isClosed = true;
  let open: { topics: string; abort: AbortController } | undefined;
  let syncTimer: unknown;
  let hiddenTimer: unknown;
  let silenceTimer: unknown;

  const setState = (next: LiveState) => {
    if (state === next) return;
    state = next;
    for (const listener of stateListeners) listener();
  };

  const wantedTopics = (): string =>
    [...new Set([...subscriptions].flatMap((subscription) => subscription.topics))].sort().join(',');

  const syncIn = (ms: number) => {
    deps.clearTimeout(syncTimer);
    syncTimer = deps.setTimeout(sync, ms);
  };

  const closeStream = () => {
    deps.clearTimeout(silenceTimer);
    open?.abort.abort();
    open = undefined;
  };

  const dispatch = (event: LiveEvent) => {
    const topic = topicOf(event);
    for (const subscription of [...subscriptions]) {
      if (topic === undefined || subscription.topics.includes(topic)) subscription.listener(event);
    }
  };

  const watchSilence = (abort: AbortController) => {
    deps.clearTimeout(silenceTimer);
    silenceTimer = deps.setTimeout(() => abort.abort('silence'), SILENCE_MS);
  };

  const read = async (topics: string, abort: AbortController) => {
    watchSilence(abort);
    const response = await deps.fetch(urlOf(topics, lastEventId), {
      headers: { accept: 'text/event-stream' },
      signal: abort.signal,
      cache: 'no-store',
    });
    if (!response.ok || response.body === null)
      throw new Error(`The event stream was refused with ${response.status}.`);
    setState('live');
    const parse = createSseParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      // Only bytes prove a working stream: a server that accepts and hangs up at once has to be spared.
      attempt = 0;
      watchSilence(abort);
      for (const message of parse(next.value)) {
        lastEventId = message.id;
        const event = parseEvent(message.data);
        if (event !== undefined) dispatch(event);
      }
    }
  };

  const retry = () => {
    open = undefined;
    deps.clearTimeout(silenceTimer);
    attempt += 1;
    setState(!isOnline || attempt >= ATTEMPTS_UNTIL_OFFLINE ? 'offline' : 'reconnecting');
    if (isOnline) syncIn(retryDelayMs(attempt - 1, deps.random, BACKOFF));
  };

  const start = (topics: string) => {
    const abort = new AbortController();
    open = { topics, abort };
    const end = () => {
      if (open?.abort === abort) retry();
    };
    read(topics, abort).then(end, end);
  };

  const sync = () => {
    const topics = wantedTopics();
    if (isClosed || isPaused || topics === '') return closeStream();
    if (open?.topics === topics) return;
    closeStream();
    start(topics);
  };

  return {
    subscribe: (topics, listener) => {
      const subscription = { topics, listener };
      subscriptions.add(subscription);
      syncIn(DEBOUNCE_MS);
      return () => {
        subscriptions.delete(subscription);
        syncIn(DEBOUNCE_MS);
      };
    },
    state: () => state,
    onState: (listener) => {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    setVisible: (isVisible) => {
      deps.clearTimeout(hiddenTimer);
      if (!isVisible) {
        hiddenTimer = deps.setTimeout(() => {
          isPaused = true;
          setState('paused');
          sync();
        }, HIDDEN_GRACE_MS);
      } else if (isPaused) {
        isPaused = false;
        attempt = 0;
        setState('reconnecting');
        syncIn(0);
      }
    },
    setOnline: (nowOnline) => {
      isOnline = nowOnline;
      if (isPaused) return;
      closeStream();
      attempt = 0;
      setState(nowOnline ? 'reconnecting' : 'offline');
      if (nowOnline) syncIn(0);
      else deps.clearTimeout(syncTimer);
    },
    open: () => {
      isClosed = false;
      syncIn(DEBOUNCE_MS);
    },
    close: () => {
      isClosed = true;
      for (const timer of [syncTimer, hiddenTimer]) deps.clearTimeout(timer);
      closeStream();
    },
  };
};
