/**
 * Access and refresh tokens.
 *
 * Access: a JWT (RFC 9068 profile) for 15 minutes, HS256 and nothing else. It only names the session; rights are read from the
 * database on every request, so revoking works at once.
 *
 * Refresh: `sbr_<session>_<generation>_<HMAC>`. Each works once. Since the successor is derived and not drawn, a client that
 * lost the answer, or twenty tabs at once, get the same successor within the grace window instead of a forced logout; and a
 * token of an older generation proves itself ours, so its return is a certain sign of theft, not a guess.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { SessionId } from '@serverbox/contract/ids';
import { jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../lib/clock.ts';

export const ACCESS_SECONDS = 15 * 60;
export const REFRESH_SECONDS = 30 * 24 * 3600;
/** How long the token before the current one is answered with the current one (lost replies, several tabs). */
export const GRACE_MS = 10_000;

const ISSUER = 'serverbox';
const AUDIENCE = 'serverbox-api';
const TYPE = 'at+jwt';

export interface RefreshClaim {
  sessionId: SessionId;
  generation: number;
}

export interface Tokens {
  signAccess(sessionId: SessionId): Promise<string>;
  /** The session that an access token names; undefined for a token that is not ours, not valid now, or not an access token. */
  verifyAccess(token: string): Promise<SessionId | undefined>;
  mintRefresh(claim: RefreshClaim): string;
  verifyRefresh(token: string): RefreshClaim | undefined;
}

/** @param key 32 bytes, used for nothing else */
export const createTokens = (key: Buffer, clock: Clock): Tokens => {
  const accessKey = Buffer.from(hkdfSync('sha256', key, '', 'access', 32));
  const refreshKey = Buffer.from(hkdfSync('sha256', key, '', 'refresh', 32));
  const macOf = ({ sessionId, generation }: RefreshClaim) =>
    createHmac('sha256', refreshKey).update(`${sessionId}.${generation}`).digest();

  return {
    signAccess: (sessionId) => {
      const nowSeconds = Math.floor(clock.now().getTime() / 1000);
      return new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: 'HS256', typ: TYPE })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt(nowSeconds)
        .setExpirationTime(nowSeconds + ACCESS_SECONDS)
        .sign(accessKey);
    },

    verifyAccess: async (token) => {
      if (token.length > 1000) return undefined;
      try {
        const { payload } = await jwtVerify(token, accessKey, {
          algorithms: ['HS256'],
          issuer: ISSUER,
          audience: AUDIENCE,
          typ: TYPE,
          clockTolerance: 0,
          currentDate: clock.now(),
          requiredClaims: ['exp', 'iat', 'sid'],
          maxTokenAge: ACCESS_SECONDS,
        });
        return SessionId.safeParse(payload.sid).data;
      } catch {
        // A token that does not verify is a visitor without a token: the named alternative of this function.
        return undefined;
      }
    },

    mintRefresh: (claim) => `sbr_${claim.sessionId}_${claim.generation}_${macOf(claim).toString('base64url')}`,

    verifyRefresh: (token) => {
      const [, id, number, mac] = /^sbr_([0-9a-f-]{36})_([1-9]\d{0,8})_([\w-]{43})$/.exec(token) ?? [];
      const sessionId = SessionId.safeParse(id).data;
      if (sessionId === undefined || number === undefined || mac === undefined) return undefined;
      const claim = { sessionId, generation: Number(number) };
      return timingSafeEqual(Buffer.from(mac, 'base64url'), macOf(claim)) ? claim : undefined;
    },
  };
};
