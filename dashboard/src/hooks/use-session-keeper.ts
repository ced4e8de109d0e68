import { createContext, use } from 'react';
import type { SessionKeeper } from '../lib/http.ts';

export const SessionKeeperContext = createContext<SessionKeeper | undefined>(undefined);

/** For requests that tRPC does not make: streams, downloads and the upgrade of a WebSocket. */
export const useSessionKeeper = (): SessionKeeper => {
  const keeper = use(SessionKeeperContext);
  if (keeper === undefined) throw new Error('useSessionKeeper is used outside the application, which provides it.');
  return keeper;
};

/** fetch that renews an expired session once and repeats. */
export const useHttp = (): SessionKeeper['fetch'] => useSessionKeeper().fetch;
