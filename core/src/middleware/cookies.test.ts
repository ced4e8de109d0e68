import { expect, test } from 'vitest';
import { createSessionCookies } from './cookies.ts';

const TOKENS = { access: 'access-token', refresh: 'refresh-token', accessSeconds: 900, refreshSeconds: 2_592_000 };

/** Attributes of each cookie that is set, by the cookie's name. */
const setCookies = (isHttps: boolean): Map<string, string[]> => {
  const headers = new Headers();
  createSessionCookies(isHttps).set(headers, TOKENS);
  return new Map(
    headers.getSetCookie().map((line) => {
      const [pair = '', ...attributes] = line.split('; ');
      return [pair.split('=')[0] ?? '', attributes];
    }),
  );
};

test('AN-14 no script can read the cookies, and no other site sends them along', () => {
  const cookies = setCookies(false);
  expect([...cookies.keys()]).toEqual(['serverbox_access', 'serverbox_refresh']);
  for (const attributes of cookies.values()) {
    expect(attributes).toEqual(expect.arrayContaining(['HttpOnly', 'SameSite=Strict', 'Path=/']));
    expect(attributes).not.toContain('Secure');
    expect(attributes.join()).not.toMatch(/domain/i);
  }
});

test('AN-14 with https they are Secure and bound to this very host', () => {
  const cookies = setCookies(true);
  expect([...cookies.keys()]).toEqual(['__Host-serverbox_access', '__Host-serverbox_refresh']);
  for (const attributes of cookies.values()) expect(attributes).toEqual(expect.arrayContaining(['Secure', 'Path=/']));
});

test('they end with what they hold, and clearing ends them at once', () => {
  const headers = new Headers();
  const cookies = createSessionCookies(false);
  cookies.set(headers, TOKENS);
  expect(headers.getSetCookie().map((line) => /Max-Age=(\d+)/.exec(line)?.[1])).toEqual(['900', '2592000']);
  const cleared = new Headers();
  cookies.clear(cleared);
  expect(cleared.getSetCookie().map((line) => /^(\w+=); Max-Age=(\d+)/.exec(line)?.slice(1))).toEqual([
    ['serverbox_access=', '0'],
    ['serverbox_refresh=', '0'],
  ]);
});

test('with https a cookie without the prefix, which another host of the domain could set, is not read', () => {
  const headers = new Headers({ cookie: 'serverbox_access=planted; serverbox_refresh=planted' });
  expect(createSessionCookies(true).readAccess(headers)).toBeUndefined();
  expect(createSessionCookies(true).readRefresh(headers)).toBeUndefined();
  expect(createSessionCookies(false).readAccess(headers)).toBe('planted');
});
