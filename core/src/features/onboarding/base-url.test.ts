import { expect, test } from 'vitest';
import { addressHint, createBaseUrl } from './base-url.ts';

const ask = (headers: Record<string, string>, options: Partial<Parameters<typeof createBaseUrl>[0]> = {}) =>
  createBaseUrl({ publicUrl: undefined, hasTrustedProxies: false, ...options })(new Headers(headers));

test('the configured address is the last word', () => {
  const publicUrl = 'https://box.example';
  expect(ask({ origin: 'http://10.0.0.1', host: '10.0.0.1' }, { publicUrl })).toBe(publicUrl);
});

test('without it the address is the one that was asked for', () => {
  expect(ask({ origin: 'https://box.example:8443', host: 'box.example:8443' })).toBe('https://box.example:8443');
  expect(ask({ host: 'Box.Example:3000' })).toBe('http://box.example:3000');
  expect(ask({ host: '[fd00::7]:3000' })).toBe('http://[fd00::7]:3000');
});

test('AN-14 what a proxy says counts only where proxies are trusted', () => {
  const headers = { host: 'inner:3000', 'x-forwarded-host': 'box.example', 'x-forwarded-proto': 'https' };
  expect(ask(headers)).toBe('http://inner:3000');
  expect(ask(headers, { hasTrustedProxies: true })).toBe('https://box.example');
});

test('IN-4 an address that a shell could take for more than a word never gets into a command', () => {
  for (const host of ['', '$(id)', 'a;b', "a'b", 'a b', '`id`', 'a/../b', '-x y']) {
    expect(ask({ host })).toBe('http://127.0.0.1:3000');
  }
  for (const origin of ['http://a;b', "https://a'b", 'https://a/path', 'javascript:alert(1)', 'null']) {
    expect(ask({ origin, host: 'box.example' })).toBe('http://box.example');
  }
});

test('an address that others cannot reach, or that is not protected, is told', () => {
  expect(addressHint('http://127.0.0.1:3000')).toContain('SERVERBOX_PUBLIC_URL');
  expect(addressHint('http://[::1]:3000')).toContain('SERVERBOX_PUBLIC_URL');
  expect(addressHint('http://box.example')).toContain('plain http');
  expect(addressHint('https://box.example')).toBeNull();
});
