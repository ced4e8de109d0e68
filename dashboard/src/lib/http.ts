/**
 * Keeps the session alive. The access token lives 15 minutes in an HttpOnly cookie that scripts never see; whoever meets a
 * 401 asks here for a new one. Refresh tokens rotate and a reused one ends the session, so only one refresh may be under
 * way: in this tab by sharing the promise, between tabs by a Web Lock and a note of when the last one succeeded.
 */
import { toResponseError } from './errors.ts';

const LOCK_NAME = 'serverbox.refresh';
const REFRESHED_AT_KEY = 'serverbox.refreshedAt';

/** What keeps a session going. One per tab; every request with a session goes through it. */
export interface SessionKeeper {
  /** fetch with the session: on 401 refreshes once and repeats. Bodies have to be repeatable (strings, not streams). */
  fetch: (input: string, init?: RequestInit) => Promise<Response>;
  /** True when the session can go on, false when it is over. Rejects when the server does not answer. */
  ensureFresh(): Promise<boolean>;
  /** Called once the session turns out to be over. */
  onSignedOut(listener: () => void): () => void;
}

interface LockPort {
  request<T>(name: string, run: () => Promise<T>): Promise<T>;
}

export interface SessionKeeperDeps {
  fetch: typeof globalThis.fetch;
  storage: Storage;
  /** Absent outside secure contexts (plain HTTP on a LAN): tabs are then only as careful as the core's grace period. */
  locks: LockPort | undefined;
  now: () => number;
}

/** Opens the keeper of this tab. It holds no token: those are in cookies that only the browser reads. */
export const createSessionKeeper = ({ fetch, storage, locks, now }: SessionKeeperDeps): SessionKeeper => {
  const listeners = new Set<() => void>();
  let underWay: Promise<boolean> | undefined;

  const refresh = async (askedAtMs: number): Promise<boolean> => {
    // Another tab was faster while this one waited for the lock: its cookies are ours too.
    if (Number(storage.getItem(REFRESHED_AT_KEY) ?? 0) > askedAtMs) return true;
    const response = await fetch('/auth/refresh', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    if (response.ok) {
      storage.setItem(REFRESHED_AT_KEY, String(now()));
      return true;
    }
    if (response.status !== 401) throw await toResponseError(response);
    for (const listener of listeners) listener();
    return false;
  };

  const ensureFresh = (): Promise<boolean> => {
    const askedAtMs = now();
    underWay ??= (
      locks === undefined ? refresh(askedAtMs) : locks.request(LOCK_NAME, () => refresh(askedAtMs))
    ).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };

  return {
    fetch: async (input, init) => {
      const first = await fetch(input, init);
      if (first.status !== 401 || !(await ensureFresh())) return first;
      await first.body?.cancel();
      return fetch(input, init);
    },
    ensureFresh,
    onSignedOut: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
