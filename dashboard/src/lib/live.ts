/**
 * The live channel: one event stream for the whole tab, whatever number of components listen. Topics come and go with the
 * components; the stream is reopened (debounced) with the last event id, so nothing is missed. A tab in the background
 * closes it after a short grace and costs nothing. Time, randomness and the network are passed in.
 */
import type { LiveEvent } from '@serverbox/contract/events';
import { retryDelayMs } from './backoff.ts';
import type { StreamDeps } from './live-stream.ts';
import { openEventStream } from './live-stream.ts';
import type { LiveListener, LiveTopic } from './live-topics.ts';
import { createSubscriptions } from './live-topics.ts';

export type LiveState = 'live' | 'reconnecting' | 'paused' | 'offline';

/** A page mounts many listeners at once: one reconnect for all of them. */
export const DEBOUNCE_MS = 40;
/** A glance at another tab should not cost a reconnect. */
export const HIDDEN_GRACE_MS = 5000;
const BACKOFF = { firstMs: 500, longestMs: 30_000 };
/** After so many failures in a row the indicator stops promising a reconnect any moment. */
const ATTEMPTS_UNTIL_OFFLINE = 4;

export interface LiveDeps extends StreamDeps {
  random: () => number;
}

/** The channel as the frame drives it. Nothing is fetched before `open`, nor while nobody listens. */
export interface Live {
  /** Listens to topics until the returned function is called. */
  subscribe(topics: readonly LiveTopic[], listener: LiveListener): () => void;
  state(): LiveState;
  onState(listener: () => void): () => void;
  setVisible(isVisible: boolean): void;
  /** The browser's network came or went. Coming back retries at once. */
  setOnline(isOnline: boolean): void;
  /** A closed channel can be opened again: subscriptions outlive it. */
  open(): void;
  close(): void;
}

const urlOf = (topics: string, lastEventId: string): string => {
  const query = new URLSearchParams({ topics });
  if (lastEventId !== '') query.set('lastEventId', lastEventId);
  return `/api/events?${query}`;
};

const createStateCell = () => {
  let state: LiveState = 'reconnecting';
  const listeners = new Set<() => void>();
  return {
    get: () => state,
    set: (next: LiveState) => {
      if (state === next) return;
      state = next;
      for (const listener of listeners) listener();
    },
    listen: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};

/**
 * Keeps one stream open for a changing set of topics. `sync` is the only place that opens or closes: everything else
 * changes what is wanted and lets it run again.
 */
const createConnection = (deps: LiveDeps, wanted: () => string, dispatch: LiveListener) => {
  const state = createStateCell();
  let open: { topics: string; close: () => void } | undefined;
  let lastEventId = '';
  let attempt = 0;
  let isAllowed = false;
  let timer: unknown;

  const syncIn = (ms: number) => {
    deps.clearTimeout(timer);
    timer = deps.setTimeout(sync, ms);
  };
  const onEnd = () => {
    open = undefined;
    attempt += 1;
    state.set(attempt >= ATTEMPTS_UNTIL_OFFLINE ? 'offline' : 'reconnecting');
    syncIn(retryDelayMs(attempt - 1, deps.random, BACKOFF));
  };
  const onMessage = (id: string, data: string) => {
    lastEventId = id;
    dispatch(JSON.parse(data) as LiveEvent);
  };
  const onBytes = () => {
    // Only bytes prove a working stream: a server that accepts and hangs up at once has to be spared.
    attempt = 0;
  };
  const sync = () => {
    const topics = isAllowed ? wanted() : '';
    if (open?.topics === topics) return;
    open?.close();
    open = undefined;
    if (topics === '') return;
    const listeners = { onOpen: () => state.set('live'), onBytes, onMessage, onEnd };
    open = { topics, close: openEventStream(deps, urlOf(topics, lastEventId), listeners) };
  };

  return {
    state,
    syncSoon: () => syncIn(DEBOUNCE_MS),
    /** Starts afresh, as if nothing had failed before. */
    resume: () => {
      isAllowed = true;
      attempt = 0;
      open?.close();
      open = undefined;
      state.set('reconnecting');
      syncIn(0);
    },
    suspend: (next: LiveState) => {
      isAllowed = false;
      deps.clearTimeout(timer);
      sync();
      state.set(next);
    },
  };
};

/** Makes the channel of a tab, closed at first. */
export const createLive = (deps: LiveDeps): Live => {
  const subscriptions = createSubscriptions();
  const connection = createConnection(deps, subscriptions.wanted, subscriptions.dispatch);
  let isPaused = false;
  let hiddenTimer: unknown;

  const pause = () => {
    isPaused = true;
    connection.suspend('paused');
  };
  return {
    subscribe: (topics, listener) => {
      const remove = subscriptions.add(topics, listener);
      connection.syncSoon();
      return () => {
        remove();
        connection.syncSoon();
      };
    },
    state: connection.state.get,
    onState: connection.state.listen,
    setVisible: (isVisible) => {
      deps.clearTimeout(hiddenTimer);
      if (!isVisible) hiddenTimer = deps.setTimeout(pause, HIDDEN_GRACE_MS);
      else if (isPaused) {
        isPaused = false;
        connection.resume();
      }
    },
    setOnline: (isOnline) => {
      if (isPaused) return;
      if (isOnline) connection.resume();
      else connection.suspend('offline');
    },
    open: connection.resume,
    close: () => {
      deps.clearTimeout(hiddenTimer);
      connection.suspend('paused');
    },
  };
};
