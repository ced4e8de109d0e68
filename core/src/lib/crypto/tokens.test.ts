import { describe, expect, test } from 'vitest';
import { equalBytes, hashToken, mintToken, parseToken, randomSecret } from './tokens.ts';

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
});
