import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Secret } from '../../lib/log.ts';
import type { Json } from './canonical.ts';
import { bounded, canonicalJson, chainHash, GENESIS_HASH, MAX_TEXT_CHARS } from './canonical.ts';

const key = Buffer.alloc(32, 1);

test('AU-5 the order of keys does not change the text', () => {
  expect(canonicalJson({ b: 1, a: { d: [1, 2], c: null } })).toBe('{"a":{"c":null,"d":[1,2]},"b":1}');
});

test('AU-5 a round trip through JSON keeps the text, for any JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(bounded(value));
      expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
    }),
  );
});

test('AU-13 long hostile text is cut and stands by its hash', () => {
  const cut = bounded({ name: '\u001b]0;x\u0007<img>'.repeat(100_000) });
  expect(JSON.stringify(cut).length).toBeLessThan(MAX_TEXT_CHARS * 8);
  expect(cut).toMatchObject({ name: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } });
});

test('what PostgreSQL or UTF-8 cannot hold is replaced', () => {
  expect(bounded('a\0b\ud800')).toBe('a\u2400b\ufffd');
});

test('a secret stays one', () => {
  expect(JSON.stringify(bounded({ deep: [new Secret('canary')] }))).not.toContain('canary');
});

test('a link depends on the key, the link before and every byte of the text', () => {
  const link = chainHash(key, GENESIS_HASH, '{}');
  expect(chainHash(Buffer.alloc(32, 2), GENESIS_HASH, '{}')).not.toEqual(link);
  expect(chainHash(key, link, '{}')).not.toEqual(link);
  expect(chainHash(key, GENESIS_HASH, '{ }')).not.toEqual(link);
});
