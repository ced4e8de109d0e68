/** Accounts and sessions as the surfaces see them: sign-in is audited, a revocation is told to every open stream. */
import type { Session, SignedIn, User } from '@serverbox/contract/auth';
import type { SessionId, UserId } from '@serverbox/contract/ids';
import type { Permission, Role } from '@serverbox/contract/permissions';
import { ROLE_PERMISSIONS } from '@serverbox/contract/permissions';
import { Preferences } from '@serverbox/contract/preferences';
import type { Bus } from '../../lib/bus/bus.ts';
import type { Db } from '../../lib/db/orm.ts';
import { AppError, notFound } from '../../lib/errors.ts';
import type { OpenLimit } from '../../lib/limits.ts';
import type { Gate } from '../../middleware/gate.ts';
import type { AuditIntent, Principal } from '../../middleware/ports.ts';
import type { Instance } from '../instance/service.ts';
import type { Passwords } from './passwords.ts';
import { createPasswords } from './passwords.ts';
import * as queries from './queries.ts';
import type { Caller, Grant } from './sign-in.ts';
import { createSignIn } from './sign-in.ts';
import type { Tokens } from './tokens.ts';
import { ACCESS_SECONDS } from './tokens.ts';

export interface Auth {
  /** Who an access token speaks for, now: the session must be live and the user active. */
  identify(accessToken: string): Promise<Principal | undefined>;
  findPrincipal(sessionId: string): Promise<Principal | undefined>;
  setupNeeded(): Promise<boolean>;
  setup(input: { code: string | undefined; email: string; password: string }, caller: Caller): Promise<SignedIn>;
  login(input: { email: string; password: string }, caller: Caller): Promise<SignedIn>;
  refresh(token: string | undefined, caller: Caller): Promise<SignedIn>;
  logout(principal: Principal): Promise<void>;
  getUser(principal: Principal): Promise<User>;
  listSessions(principal: Principal): Promise<Session[]>;
  /** @throws AppError `not_found` for a session of somebody else or one that has ended */
  revokeSession(principal: Principal, sessionId: SessionId): Promise<void>;
  revokeOtherSessions(principal: Principal): Promise<number>;
  /** Ends every other session. @throws AppError `invalid_credentials` | `rate_limited` */
  changePassword(principal: Principal, input: { currentPassword: string; newPassword: string }): Promise<void>;
  setPreferences(principal: Principal, preferences: Preferences): Promise<Preferences>;
}

export interface AuthDeps {
  db: Db;
  tokens: Tokens;
  instance: Instance;
  openLimit: OpenLimit;
  gate: Pick<Gate, 'audited'>;
  bus: Bus;
}

const presentUser = (row: queries.UserRow): User => ({
  id: row.id as UserId,
  email: row.email,
  role: row.role as Role,
  permissions: [...ROLE_PERMISSIONS[row.role as Role]],
  preferences: Preferences.parse(row.preferences),
  createdAt: row.createdAt.toISOString(),
});

const presentSession = (row: queries.SessionRow, current: SessionId): Session => ({
  id: row.id as SessionId,
  current: row.id === current,
  userAgent: row.userAgent,
  ip: row.ip,
  createdAt: row.createdAt.toISOString(),
  lastUsedAt: row.lastUsedAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
});

const anonymous = (action: string, { ip }: Caller): AuditIntent => ({
  action,
  actor: 'anonymous',
  sessionId: null,
  ip,
  target: null,
  details: {},
});
const REVOKED = 'revoked';
const grantDetails = ({ userId, claim }: Grant) => ({ userId, sessionId: claim.sessionId });

/** Who a token or a session speaks for, read from the database each time: rights are never carried in a token. */
const createIdentity = ({ db, tokens }: Pick<AuthDeps, 'db' | 'tokens'>): Pick<Auth, 'identify' | 'findPrincipal'> => {
  const findPrincipal = async (sessionId: string): Promise<Principal | undefined> => {
    const found = await queries.findLiveSession(db, sessionId as SessionId);
    if (found === undefined) return undefined;
    const { user, session } = found;
    const role = user.role as Role;
    const permissions: ReadonlySet<Permission> = new Set(ROLE_PERMISSIONS[role]);
    return { userId: user.id as UserId, email: user.email, role, permissions, sessionId: session.id as SessionId };
  };
  return {
    findPrincipal,
    identify: async (accessToken) => {
      const sessionId = await tokens.verifyAccess(accessToken);
      return sessionId === undefined ? undefined : findPrincipal(sessionId);
    },
  };
};

const getUserRow = async (db: Db, id: UserId): Promise<queries.UserRow> => {
  const row = await queries.findUser(db, id);
  if (row === undefined) throw notFound('The user');
  return row;
};

type Entrance = Pick<Auth, 'setupNeeded' | 'setup' | 'login' | 'refresh'>;
type Announce = (ids: readonly SessionId[], reason: string) => void;

const createEntrance = (deps: AuthDeps, passwords: Passwords, announce: Announce): Entrance => {
  const { db, tokens, instance, gate } = deps;
  const signIn = createSignIn({ db, tokens, passwords, instance, openLimit: deps.openLimit });

  const signedIn = async ({ userId, claim }: Grant): Promise<SignedIn> => ({
    accessToken: await tokens.signAccess(claim.sessionId),
    refreshToken: tokens.mintRefresh(claim),
    expiresInSeconds: ACCESS_SECONDS,
    user: presentUser(await getUserRow(db, userId)),
  });
  const enter = async (action: string, caller: Caller, work: () => Promise<Grant>) =>
    signedIn(await gate.audited(anonymous(action, caller), work, grantDetails));

  return {
    setupNeeded: async () => !(await instance.isSetupDone()),
    setup: (input, caller) => enter('auth.setup', caller, () => signIn.createFirstAdmin(input, caller)),
    login: (input, caller) => enter('auth.login', caller, () => signIn.login(input, caller)),
    refresh: async (token, caller) => {
      if (token === undefined || token === '') throw new AppError('unauthenticated', 'Sign in to continue.');
      const result = await signIn.refresh(token, caller);
      if (!result.reused) return signedIn(result);
      announce([result.sessionId], 'reuse_detected');
      const intent = { ...anonymous('auth.reuse_detected', caller), target: `session:${result.sessionId}` };
      await gate.audited(intent, async () => undefined);
      throw new AppError('unauthenticated', 'This session was used from two places and has been ended. Sign in again.');
    },
  };
};

type Account = Omit<Auth, keyof Entrance | 'identify' | 'findPrincipal'>;

const createAccount = ({ db, openLimit }: AuthDeps, passwords: Passwords, announce: Announce): Account => {
  const passwordLimit = openLimit({ name: 'password', points: 5, windowSeconds: 900, blockSeconds: 900 });
  const revoke = async (userId: UserId, which: queries.RevokeWhich, reason: string): Promise<SessionId[]> => {
    const revoked = await queries.revokeSessions(db, userId, which, reason);
    announce(revoked, reason);
    return revoked;
  };

  return {
    logout: async ({ userId, sessionId }) => {
      await revoke(userId, { sessionId }, 'logout');
    },
    getUser: async ({ userId }) => presentUser(await getUserRow(db, userId)),
    listSessions: async ({ userId, sessionId }) =>
      (await queries.listLiveSessions(db, userId)).map((row) => presentSession(row, sessionId)),
    revokeSession: async ({ userId }, sessionId) => {
      const revoked = await revoke(userId, { sessionId }, REVOKED);
      if (revoked.length === 0) throw notFound('The session');
    },
    revokeOtherSessions: async ({ userId, sessionId }) =>
      (await revoke(userId, { allExcept: sessionId }, REVOKED)).length,

    changePassword: async ({ userId, sessionId }, { currentPassword, newPassword }) => {
      await passwordLimit.take(userId);
      const user = await getUserRow(db, userId);
      if (!(await passwords.verify(user.passwordHash, currentPassword))) {
        throw new AppError('invalid_credentials', 'The current password is wrong.');
      }
      await passwordLimit.reset(userId);
      const passwordHash = await passwords.hash(newPassword);
      const revoked = await db.transaction(async (tx) => {
        await queries.setPasswordHash(tx, userId, passwordHash);
        return queries.revokeSessions(tx, userId, { allExcept: sessionId }, 'password_changed');
      });
      announce(revoked, 'password_changed');
    },

    setPreferences: async ({ userId }, preferences) => {
      await queries.setPreferences(db, userId, preferences);
      return preferences;
    },
  };
};

export const createAuth = (deps: AuthDeps): Auth => {
  const passwords = createPasswords();
  const announce: Announce = (ids, reason) => {
    for (const sessionId of ids) deps.bus.publish('session.revoked', { sessionId, reason });
  };
  return {
    ...createIdentity(deps),
    ...createEntrance(deps, passwords, announce),
    ...createAccount(deps, passwords, announce),
  };
};
