import { AppError } from '../lib/errors.ts';

export interface OriginQuestion {
  origin: string | null;
  host: string | null;
  /** Whether the credential came by cookie, which a browser attaches for any page. */
  byCookie: boolean;
}

/**
 * Refuses what a foreign page could have sent. An `Origin` must be ours: the configured public one, or, without that
 * setting, one whose host is the `Host` of the request. A cookie without any `Origin` is refused too: every browser sends
 * it on the requests that this guards (writes and WebSocket upgrades; Fetch standard, "append a request Origin header").
 * @throws AppError `origin_refused`
 */
export const createOriginCheck =
  (publicUrl: string | undefined) =>
  ({ origin, host, byCookie }: OriginQuestion): void => {
    if (origin === null) {
      if (byCookie) throw new AppError('origin_refused', 'A request with a cookie has to name its origin.');
      return;
    }
    const isOurs =
      publicUrl === undefined ? isSameHost(origin, host) : origin === publicUrl || isLoopbackOf(origin, host);
    if (!isOurs) throw new AppError('origin_refused', 'The request comes from a page of another origin.');
  };

const isSameHost = (origin: string, host: string | null): boolean =>
  host !== null && URL.canParse(origin) && /^https?:\/\//.test(origin) && new URL(origin).host === host.toLowerCase();

/** The operator on the machine itself may use loopback beside the public name. */
const isLoopbackOf = (origin: string, host: string | null): boolean =>
  isSameHost(origin, host) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(origin).hostname);

export type OriginCheck = ReturnType<typeof createOriginCheck>;
