import * as contract from '@serverbox/contract/auth';
import { Done, Nothing } from '@serverbox/contract/nothing';
import { Preferences } from '@serverbox/contract/preferences';
import { z } from 'zod';
import { findAccessToken } from '../../middleware/context.ts';
import type { SessionCookies } from '../../middleware/cookies.ts';
import type { RequestContext } from '../../middleware/ports.ts';
import type { Procedures } from '../../middleware/procedures.ts';
import { router } from '../../middleware/procedures.ts';
import type { Auth } from './service.ts';
import { ACCESS_SECONDS, REFRESH_SECONDS } from './tokens.ts';

const self = { permission: 'self.manage', scope: 'fleet' } as const;

export const createAuthRouter = ({ open, read, act }: Procedures, auth: Auth, cookies: SessionCookies) => {
  const withCookies = (ctx: RequestContext, signedIn: contract.SignedIn): contract.SignedIn => {
    const tokens = { access: signedIn.accessToken, refresh: signedIn.refreshToken };
    cookies.set(ctx.responseHeaders, { ...tokens, accessSeconds: ACCESS_SECONDS, refreshSeconds: REFRESH_SECONDS });
    return signedIn;
  };

  const hasToken = (headers: Headers): boolean =>
    findAccessToken(headers, cookies) !== undefined || (cookies.readRefresh(headers) ?? '') !== '';

  return router({
    setupState: open({
      input: Nothing,
      output: contract.SetupState,
      rest: { method: 'GET', path: '/api/setup', summary: 'Whether the first administrator is still to be made' },
    }).query(async ({ ctx }) => ({ needed: await auth.setupNeeded(), hasSession: hasToken(ctx.requestHeaders) })),
    setup: open({
      input: contract.SetupInput,
      output: contract.SignedIn,
      rest: { method: 'POST', path: '/api/setup', summary: 'Make the first administrator' },
    }).mutation(async ({ ctx, input }) => withCookies(ctx, await auth.setup(input, ctx))),
    login: open({
      input: contract.LoginInput,
      output: contract.SignedIn,
      rest: { method: 'POST', path: '/auth/login', summary: 'Sign in' },
    }).mutation(async ({ ctx, input }) => withCookies(ctx, await auth.login(input, ctx))),
    refresh: open({
      input: contract.RefreshInput,
      output: contract.SignedIn,
      rest: { method: 'POST', path: '/auth/refresh', summary: 'Exchange the refresh token for new tokens' },
    }).mutation(async ({ ctx, input }) => {
      const token = input.refreshToken ?? cookies.readRefresh(ctx.requestHeaders);
      return withCookies(ctx, await auth.refresh(token, ctx));
    }),

    logout: act({
      ...self,
      audit: 'auth.logout',
      input: Nothing,
      output: Done,
      rest: { method: 'POST', path: '/auth/logout', summary: 'End this session' },
    }).mutation(async ({ ctx }) => {
      await auth.logout(ctx.principal);
      cookies.clear(ctx.responseHeaders);
      return {};
    }),
    me: read({
      ...self,
      input: Nothing,
      output: contract.User,
      rest: { method: 'GET', path: '/auth/me', summary: 'Who am I, with permissions' },
    }).query(({ ctx }) => auth.getUser(ctx.principal)),
    sessions: read({
      ...self,
      input: Nothing,
      output: z.object({ items: z.array(contract.Session), nextCursor: z.null() }),
      rest: { method: 'GET', path: '/api/sessions', summary: 'My signed-in browsers and tools' },
    }).query(async ({ ctx }) => ({ items: await auth.listSessions(ctx.principal), nextCursor: null })),
    revokeSession: act({
      ...self,
      audit: 'session.revoke',
      input: contract.RevokeSessionInput,
      output: Done,
      rest: { method: 'DELETE', path: '/api/sessions/{sessionId}', summary: 'End one of my sessions' },
    }).mutation(async ({ ctx, input }) => {
      await auth.revokeSession(ctx.principal, input.sessionId);
      return {};
    }),
    revokeOtherSessions: act({
      ...self,
      audit: 'session.revoke_others',
      input: Nothing,
      output: z.object({ revoked: z.int() }),
      rest: { method: 'POST', path: '/api/sessions/revoke-others', summary: 'End all my sessions but this one' },
    }).mutation(async ({ ctx }) => ({ revoked: await auth.revokeOtherSessions(ctx.principal) })),
    changePassword: act({
      ...self,
      audit: 'auth.change_password',
      input: contract.ChangePasswordInput,
      output: Done,
      rest: { method: 'POST', path: '/auth/password', summary: 'Change my password; ends my other sessions' },
    }).mutation(async ({ ctx, input }) => {
      await auth.changePassword(ctx.principal, input);
      return {};
    }),
    setPreferences: act({
      ...self,
      audit: 'auth.set_preferences',
      input: Preferences,
      output: Preferences,
      rest: { method: 'PUT', path: '/api/preferences', summary: 'Change my appearance settings' },
    }).mutation(({ ctx, input }) => auth.setPreferences(ctx.principal, input)),
  });
};
