/** How a session begins and goes on: first administrator, login, refresh. */
import type { SessionId, UserId } from '@serverbox/contract/ids';
import { DEFAULT_PREFERENCES } from '@serverbox/contract/preferences';
import type { Db } from '../../lib/db/orm.ts';
import { AppError } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import type { OpenLimit } from '../../lib/limits.ts';
import type { Instance } from '../instance/service.ts';
import type { Passwords } from './passwords.ts';
import * as queries from './queries.ts';
import type { RefreshClaim, Tokens } from './tokens.ts';
import { GRACE_MS } from './tokens.ts';

export interface Caller {
  ip: string;
  userAgent: string;
}
export interface Grant {
  userId: UserId;
  claim: RefreshClaim;
}

export interface SignIn {
  /** Exactly one ever succeeds, however many race. @throws AppError `setup_done` | `invalid_setup_code` | `rate_limited` */
  createFirstAdmin(
    admin: { code: string | undefined; email: string; password: string },
    caller: Caller,
  ): Promise<Grant>;
  /** @throws AppError `invalid_credentials` | `rate_limited` */
  login(credentials: { email: string; password: string }, caller: Caller): Promise<Grant>;
  /**
   * Exchanges a refresh token for its successor. Within the grace window the token before is answered with the current
   * generation; a reuse after that ends the whole family. @throws AppError `unauthenticated`
   */
  refresh(
    token: string,
    caller: Caller,
  ): Promise<(Grant & { reused: false }) | { reused: true; userId: UserId; sessionId: SessionId }>;
}

export interface SignInDeps {
  db: Db;
  tokens: Tokens;
  passwords: Passwords;
  instance: Instance;
  openLimit: OpenLimit;
}

const LOCK_SECONDS = 15 * 60;
const wrongCredentials = () => new AppError('invalid_credentials', 'E-mail or password is wrong.');
const sessionEnded = () => new AppError('unauthenticated', 'The session has ended. Sign in again.');

/**
 * Who guesses is locked out by address and account together: five wrong passwords for one account from one address, so that
 * nobody can lock an administrator out from elsewhere. The wider limits catch spraying, and forget within the same 15 minutes.
 */
const createGuessLimits = (openLimit: OpenLimit) => {
  const pair = openLimit({ name: 'login-pair', points: 5, windowSeconds: LOCK_SECONDS, blockSeconds: LOCK_SECONDS });
  const address = openLimit({ name: 'login-ip', points: 50, windowSeconds: LOCK_SECONDS });
  const account = openLimit({ name: 'login-account', points: 200, windowSeconds: LOCK_SECONDS });
  return {
    /** Takes a point before the password is looked at: parallel guesses cannot slip past a counter that lags. */
    take: async (email: string, ip: string) => {
      await address.take(ip);
      await account.take(email);
      await pair.take(`${email} ${ip}`);
    },
    /** It was no guess: many people behind one address, or one tool that signs in often, must not use it up. */
    forgive: async (email: string, ip: string) => {
      await pair.reset(`${email} ${ip}`);
      await address.giveBack(ip);
      await account.giveBack(email);
    },
  };
};

export const createSignIn = (deps: SignInDeps): SignIn => {
  const { db, tokens, passwords, instance } = deps;
  const guesses = createGuessLimits(deps.openLimit);
  const setupLimit = deps.openLimit({ name: 'setup', points: 10, windowSeconds: 60 });

  const startSession = async (tx: Db, userId: UserId, { ip, userAgent }: Caller): Promise<Grant> => {
    const sessionId = newId<SessionId>();
    await queries.insertSession(tx, { id: sessionId, userId, userAgent, ip });
    return { userId, claim: { sessionId, generation: 1 } };
  };

  return {
    createFirstAdmin: async ({ code, email, password }, caller) => {
      await setupLimit.take(caller.ip);
      if (await instance.isSetupDone()) throw new AppError('setup_done', 'Server Box is already set up.');
      const passwordHash = await passwords.hash(password);
      return db.transaction(async (tx) => {
        await instance.completeSetup(tx, code);
        const id = newId<UserId>();
        await queries.insertUser(tx, { id, email, passwordHash, role: 'admin', preferences: DEFAULT_PREFERENCES });
        return startSession(tx, id, caller);
      });
    },

    login: async ({ email, password }, caller) => {
      await guesses.take(email, caller.ip);
      const user = await queries.findUserByEmail(db, email);
      const matches = await passwords.verify(user?.passwordHash, password);
      if (user === undefined || !matches || !user.isActive) throw wrongCredentials();
      await guesses.forgive(email, caller.ip);
      return startSession(db, user.id as UserId, caller);
    },

    refresh: (token, caller) => {
      const claim = tokens.verifyRefresh(token);
      if (claim === undefined) throw sessionEnded();
      const { sessionId } = claim;
      return db.transaction(async (tx) => {
        const session = await queries.lockSession(tx, sessionId);
        if (session === undefined || claim.generation > session.generation) throw sessionEnded();
        const userId = session.userId as UserId;
        if (claim.generation === session.generation) {
          const generation = session.generation + 1;
          await queries.rotateSession(tx, sessionId, generation, caller.ip);
          return { reused: false, userId, claim: { sessionId, generation } };
        }
        const isGrace =
          claim.generation === session.generation - 1 &&
          (await queries.millisecondsSince(tx, session.rotatedAt)) <= GRACE_MS;
        if (isGrace) return { reused: false, userId, claim: { sessionId, generation: session.generation } };
        await queries.revokeSessions(tx, userId, { sessionId }, 'reuse_detected');
        return { reused: true, userId, sessionId };
      });
    },
  };
};
