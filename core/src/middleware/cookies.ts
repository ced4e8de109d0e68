/**
 * Cookies of the browser session. With https they are `__Host-` and Secure (RFC 6265bis section 4.1.3.2); on plain http,
 * which is how a home lab starts, neither prefix nor Secure would be kept by the browser.
 */
import { parse } from 'hono/utils/cookie';

export interface SessionCookies {
  readAccess(headers: Headers): string | undefined;
  readRefresh(headers: Headers): string | undefined;
  set(
    headers: Headers,
    tokens: { access: string; refresh: string; accessSeconds: number; refreshSeconds: number },
  ): void;
  clear(headers: Headers): void;
}

export const createSessionCookies = (isHttps: boolean): SessionCookies => {
  const prefix = isHttps ? '__Host-' : '';
  const access = `${prefix}serverbox_access`;
  const refresh = `${prefix}serverbox_refresh`;
  const attributes = `; Path=/; HttpOnly; SameSite=Strict${isHttps ? '; Secure' : ''}`;
  const read = (headers: Headers, name: string) => parse(headers.get('cookie') ?? '', name)[name];
  const write = (headers: Headers, name: string, value: string, seconds: number) =>
    headers.append('set-cookie', `${name}=${value}; Max-Age=${seconds}${attributes}`);

  return {
    readAccess: (headers) => read(headers, access),
    readRefresh: (headers) => read(headers, refresh),
    set: (headers, tokens) => {
      write(headers, access, tokens.access, tokens.accessSeconds);
      write(headers, refresh, tokens.refresh, tokens.refreshSeconds);
    },
    clear: (headers) => {
      write(headers, access, '', 0);
      write(headers, refresh, '', 0);
    },
  };
};
