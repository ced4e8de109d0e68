import { expect, test } from 'vitest';
import { createClientIp } from './client-ip.ts';

test('AN-19 without configured proxies a forwarded address is ignored', () => {
  expect(createClientIp([])('198.51.100.7', '203.0.113.9')).toBe('198.51.100.7');
});

test.each([
  ['10.0.0.2', '203.0.113.9', '203.0.113.9'],
  ['::ffff:10.0.0.2', '203.0.113.9', '203.0.113.9'],
  ['10.0.0.2', '1.1.1.1, 203.0.113.9, 10.0.0.3', '203.0.113.9'], // the leftmost is the client's own claim
  ['10.0.0.2', 'nonsense', '10.0.0.2'],
  ['10.0.0.2', '10.0.0.3', '10.0.0.2'],
  ['192.0.2.1', '203.0.113.9', '192.0.2.1'], // not one of our proxies
])('AN-19 peer %s forwarding %s is %s', (peer, header, client) => {
  expect(createClientIp(['10.0.0.0/8'])(peer, header)).toBe(client);
});

test('a proxy entry that is no address is refused by name', () => {
  expect(() => createClientIp(['10.0.0.0/40'])).toThrow(/SERVERBOX_TRUSTED_PROXIES/);
});
