import { expect, test } from 'vitest';
import { createOriginCheck } from './origin.ts';

const refused = /origin/;
const ask =
  (publicUrl: string | undefined, origin: string | null, host = 'box.example:3000', byCookie = true) =>
  () =>
    createOriginCheck(publicUrl)({ origin, host, byCookie });

test('a page of the same host is ours', () => {
  expect(ask(undefined, 'http://box.example:3000')).not.toThrow();
  expect(ask('https://box.example', 'https://box.example', 'box.example')).not.toThrow();
});

test.each([
  null,
  'null',
  'http://evil.example',
  'http://sub.box.example:3000',
  'http://example:3000',
  'http://box.example:3001',
  'http://box.example',
  'file://box.example:3000',
])('AN-15 WS-1 origin %s with a cookie is refused', (origin) => {
  expect(ask(undefined, origin)).toThrow(refused);
});

test('AN-15 with a public URL the scheme counts as well', () => {
  expect(ask('https://box.example', 'http://box.example', 'box.example')).toThrow(refused);
});

test('a tool that sends a token and no origin passes', () => {
  expect(ask(undefined, null, 'box.example:3000', false)).not.toThrow();
});

test('loopback stays usable beside the public URL', () => {
  expect(ask('https://box.example', 'http://127.0.0.1:3000', '127.0.0.1:3000')).not.toThrow();
  expect(ask('https://box.example', 'http://127.0.0.1:3000', 'box.example')).toThrow(refused);
});
