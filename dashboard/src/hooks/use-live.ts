import type { LiveEvent } from '@serverbox/contract/events';
import { createContext, use, useEffect, useEffectEvent, useSyncExternalStore } from 'react';
import type { Live, LiveState } from '../lib/live.ts';
import type { LiveTopic } from '../lib/live-topics.ts';

export const LiveContext = createContext<Live | undefined>(undefined);

const useLiveChannel = (): Live => {
  const live = use(LiveContext);
  if (live === undefined) throw new Error('useLive is used outside the signed-in frame, which opens the live channel.');
  return live;
};

/**
 * Receives the live events of these topics while the component is mounted: the only way components get events.
 * Topics are compared by value; `onEvent` always sees the latest props. A `resync` event means that everything read
 * before may be old; the frame answers it by invalidating every query.
 */
export const useLive = (topics: readonly LiveTopic[], onEvent: (event: LiveEvent) => void): void => {
  const live = useLiveChannel();
  const key = topics.join(',');
  const receive = useEffectEvent(onEvent);
  useEffect(() => {
    if (key === '') return undefined;
    const wanted = key.split(',') as LiveTopic[];
    return live.subscribe(wanted, (event) => receive(event));
  }, [live, key]);
};

/** How the live channel is, for the indicator and for pages that dim what may be old. */
export const useLiveState = (): LiveState => {
  const live = useLiveChannel();
  return useSyncExternalStore(live.onState, live.state);
};
