import { timingSafeEqual } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { equalBytes, hashToken, mintToken, parseToken, randomSecret } from './tokens.ts';

/** The real module, watched. */
vi.mock('node:crypto', async (importOriginal) => {
  const actual = await importOriginal<typeof import('node:crypto')>();
  return { ...actual, timingSafeEqual: vi.fn(actual.timingSafeEqual) };
});

describe('tokens', () => {
  test('a minted token is found again by its id and hash', () => {
    const minted = mintToken('sbn_');
    expect(parseToken('sbn_', minted.token)).toEqual({ id: minted.id, secretHash: minted.secretHash });
    expect(minted.id).toHaveLength(8);
    expect(minted.token).toMatch(/^sbn_[0-9A-Za-z]{51}$/);
  });

  test('a token of another kind, cut, padded or with other characters is none', () => {
    const { token } = mintToken('sbe_');
    expect(parseToken('sbn_', token)).toBeUndefined();
    for (const text of [
      '',
      token.slice(1),
      token.slice(0, -1),
      `${token}x`,
      ` ${token}`,
      `${token}\n`,
      `${token.slice(0, -1)}-`,
    ]) {
      expect(parseToken('sbe_', text), JSON.stringify(text)).toBeUndefined();
    }
  });

  test('no two tokens share an id or a secret', () => {
    const tokens = Array.from({ length: 2000 }, () => mintToken('sbn_'));
    expect(new Set(tokens.map(({ id }) => id)).size).toBe(2000);
    expect(new Set(tokens.map(({ token }) => token.slice(12))).size).toBe(2000);
  });

  test('each character of a secret is drawn from the whole alphabet', () => {
    const seen = new Set(Array.from({ length: 500 }, randomSecret).join(''));
    expect(seen.size).toBe(62);
  });

  test('comparison knows equal, different and differently long', () => {
    const hash = hashToken('a');
    expect(equalBytes(hash, hashToken('a'))).toBe(true);
    expect(equalBytes(hash, hashToken('b'))).toBe(false);
    expect(equalBytes(hash, hash.subarray(1))).toBe(false);
  });

  test('comparison takes the same time wherever the difference is: it is left to timingSafeEqual', () => {
    const hash = hashToken('a');
    for (const other of [hash, hashToken('b')]) {
      vi.mocked(timingSafeEqual).mockClear();
      equalBytes(hash, other);
      expect(timingSafeEqual).toHaveBeenCalledExactlyOnceWith(hash, other);
    }
  });
});
