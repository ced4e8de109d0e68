import { randomUUID } from 'node:crypto';
import type { ClientIp } from './client-ip.ts';
import type { SessionCookies } from './cookies.ts';
import type { Principal, RequestContext } from './ports.ts';

export interface ContextDeps {
  clientIp: ClientIp;
  cookies: SessionCookies;
  /** Proves an access token and looks its session up; undefined for anything that does not hold. */
  identify(accessToken: string): Promise<Principal | undefined>;
}

/** The access token of a request: the `Authorization` header rules, then the cookie. */
export const findAccessToken = (
  headers: Headers,
  cookies: SessionCookies,
): { token: string; byCookie: boolean } | undefined => {
  const bearer = /^Bearer ([\w.~+/-]+=*)$/i.exec(headers.get('authorization') ?? '')?.[1];
  if (bearer !== undefined) return { token: bearer, byCookie: false };
  const cookie = cookies.readAccess(headers);
  return cookie === undefined || cookie === '' ? undefined : { token: cookie, byCookie: true };
};

/** Builds the context of one request, whatever surface it came through. */
export const createContextOf =
  ({ clientIp, cookies, identify }: ContextDeps) =>
  async (request: { headers: Headers; peer: string; signal: AbortSignal }): Promise<RequestContext> => {
    const credential = findAccessToken(request.headers, cookies);
    return {
      requestId: randomUUID(),
      ip: clientIp(request.peer, request.headers.get('x-forwarded-for') ?? undefined),
      userAgent: (request.headers.get('user-agent') ?? '').slice(0, 300),
      principal: credential === undefined ? undefined : await identify(credential.token),
      requestHeaders: request.headers,
      responseHeaders: new Headers(),
      signal: request.signal,
    };
  };

export type ContextOf = ReturnType<typeof createContextOf>;
