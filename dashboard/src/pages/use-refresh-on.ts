import type { LiveEvent } from '@serverbox/contract/events';
import type { QueryFilters } from '@tanstack/react-query';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useLive } from '../hooks/use-live.ts';
import type { LiveTopic } from '../lib/live-topics.ts';

/** A burst of events (a compose project that starts) costs one read, not one for each. */
const GATHER_MS = 150;

/** Reads queries again when an event of these topics says that they are old. `matters` may pass over foreign ones. */
export const useRefreshOn = (
  topics: readonly LiveTopic[],
  filters: readonly QueryFilters[],
  matters: (event: LiveEvent) => boolean = () => true,
): void => {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  useLive(topics, (event) => {
    if (timer.current !== undefined || !matters(event)) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      // A failing read shows itself where its data is shown.
      for (const filter of filters) void client.invalidateQueries(filter, { cancelRefetch: false });
    }, GATHER_MS);
  });
};
