import { createHmac, generateKeyPairSync, hkdfSync, sign } from 'node:crypto';
import type { SessionId } from '@serverbox/contract/ids';
import { expect, test } from 'vitest';
import { fakeClock } from '../../lib/clock.ts';
import { newId } from '../../lib/ids.ts';
import { ACCESS_SECONDS, createTokens } from './tokens.ts';

const key = Buffer.alloc(32, 7);
const startAt = new Date('2026-01-02T03:04:05Z');
const sessionId = newId<SessionId>(startAt);

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const nowSeconds = startAt.getTime() / 1000;
const goodClaims = { sid: sessionId, iss: 'serverbox', aud: 'serverbox-api', iat: nowSeconds, exp: nowSeconds + 900 };
const goodHeader = { alg: 'HS256', typ: 'at+jwt' };
/** The very key that access tokens are signed with: what is refused under it is refused for what it says. */
const accessKey = Buffer.from(hkdfSync('sha256', key, '', 'access', 32));
const forge = (header: object, claims: object, secret: string | Buffer = accessKey, hash = 'sha256') => {
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`;
};

test('an access token names its session until it expires', async () => {
  const clock = fakeClock(startAt);
  const tokens = createTokens(key, clock);
  const token = await tokens.signAccess(sessionId);
  expect(await tokens.verifyAccess(token)).toBe(sessionId);
  clock.advance((ACCESS_SECONDS - 1) * 1000);
  expect(await tokens.verifyAccess(token)).toBe(sessionId);
});

test('AN-2 one second past its end an access token is refused', async () => {
  const clock = fakeClock(startAt);
  const tokens = createTokens(key, clock);
  const token = await tokens.signAccess(sessionId);
  clock.advance(ACCESS_SECONDS * 1000 + 1);
  expect(await tokens.verifyAccess(token)).toBeUndefined();
});

test('AN-1 forged tokens are refused, whatever their header claims', async () => {
  const tokens = createTokens(key, fakeClock(startAt));
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const unsigned = (alg: string) => `${part({ ...goodHeader, alg })}.${part(goodClaims)}.`;
  const rs256 = `${part({ ...goodHeader, alg: 'RS256' })}.${part(goodClaims)}`;
  const real = await tokens.signAccess(sessionId);
  const forged = [
    ...['none', 'None', 'nOnE', 'HS256', ''].map(unsigned),
    `${part({ typ: 'at+jwt' })}.${part(goodClaims)}.`,
    forge(goodHeader, goodClaims, publicPem),
    forge(goodHeader, goodClaims, Buffer.alloc(32)),
    ...['HS384', 'HS512', 'RS256', 'ES256', 'PS256', 'EdDSA', 'none'].map((alg) =>
      forge({ ...goodHeader, alg }, goodClaims),
    ),
    forge({ ...goodHeader, alg: 'HS384' }, goodClaims, accessKey, 'sha384'),
    forge({ ...goodHeader, alg: 'HS512' }, goodClaims, accessKey, 'sha512'),
    `${rs256}.${sign('sha256', Buffer.from(rs256), rsa.privateKey).toString('base64url')}`,
    ...['jwk', 'jku', 'x5u', 'x5c', 'kid'].map((name) =>
      forge({ ...goodHeader, [name]: 'http://127.0.0.1:9/key' }, goodClaims, 'x'),
    ),
    forge({ ...goodHeader, crit: ['unknown'], unknown: 1 }, goodClaims),
    ...['JWT', 'refresh+jwt', undefined].map((typ) => forge({ alg: 'HS256', typ }, goodClaims)),
    forge(goodHeader, goodClaims, key), // signed with the root key itself, not with the access key
    ...['', '.', '..', 'a.b.c', 'x'.repeat(9000), `${real}x`, real.slice(0, -2), real.replace('.', '..')],
  ];
  expect(forged.length).toBeGreaterThanOrEqual(30);
  expect(await tokens.verifyAccess(forge(goodHeader, goodClaims))).toBe(sessionId);
  for (const token of forged) expect(await tokens.verifyAccess(token), token.slice(0, 80)).toBeUndefined();
});

test.each([
  ['another issuer', { iss: 'elsewhere' }],
  ['no issuer', { iss: undefined }],
  ['another audience', { aud: 'somebody-else' }],
  ['no audience', { aud: undefined }],
  ['no session', { sid: undefined }],
  ['a session that is no id', { sid: 'admin' }],
  ['no end', { exp: undefined }],
  ['an end in milliseconds', { exp: (nowSeconds + 900) * 1000, iat: nowSeconds - 1000 }],
  ['an end in the past', { exp: nowSeconds - 1 }],
  ['an end that is text', { exp: String(nowSeconds + 900) }],
  ['a beginning in the future', { nbf: nowSeconds + 60 }],
  ['no birth', { iat: undefined }],
  ['a birth in the future', { iat: nowSeconds + 60 }],
  ['an end too far away', { iat: nowSeconds - 901, exp: nowSeconds + 86_400 }],
])('AN-1 %s is refused although the signature is right', async (_, claims) => {
  const tokens = createTokens(key, fakeClock(startAt));
  expect(await tokens.verifyAccess(forge(goodHeader, { ...goodClaims, ...claims }))).toBeUndefined();
});

test('AN-1 a token of another installation or another kind is refused', async () => {
  const clock = fakeClock(startAt);
  const tokens = createTokens(key, clock);
  const real = await tokens.signAccess(sessionId);
  const [, payload = ''] = real.split('.');
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ ...goodClaims, sid: sessionId });
  const otherInstall = createTokens(Buffer.alloc(32, 8), clock);
  expect(await otherInstall.verifyAccess(real)).toBeUndefined();
  expect(await tokens.verifyAccess(tokens.mintRefresh({ sessionId, generation: 1 }))).toBeUndefined();
});

test('a refresh token proves its session and generation, and no other', () => {
  const tokens = createTokens(key, fakeClock(startAt));
  const token = tokens.mintRefresh({ sessionId, generation: 3 });
  expect(tokens.verifyRefresh(token)).toEqual({ sessionId, generation: 3 });
  expect(tokens.verifyRefresh(token.replace('_3_', '_4_'))).toBeUndefined();
  expect(
    tokens.verifyRefresh(token.replace(/_(.)([\w-]{42})$/, (_, first, rest) => `_${first === 'A' ? 'B' : 'A'}${rest}`)),
  ).toBeUndefined();
  expect(tokens.verifyRefresh(token.replace(sessionId, newId()))).toBeUndefined();
  expect(tokens.verifyRefresh('')).toBeUndefined();
});
