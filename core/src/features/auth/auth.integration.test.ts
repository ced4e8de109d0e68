import type { SignedIn } from '@serverbox/contract/auth';
import type { SessionId } from '@serverbox/contract/ids';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { newId } from '../../lib/ids.ts';
import type { Principal } from '../../middleware/ports.ts';
import { ADMIN, CALLER, openAuth } from './testing.ts';

let box: Awaited<ReturnType<typeof openAuth>>;
beforeEach(async () => {
  box = await openAuth();
});
afterEach(() => box.close());

const from = (ip: string) => ({ ...CALLER, ip });
const principalOf = async (signedIn: SignedIn): Promise<Principal> => {
  const principal = await box.auth.identify(signedIn.accessToken);
  if (principal === undefined) throw new Error('not signed in');
  return principal;
};
const actions = async () =>
  (await box.audit.list({ limit: 200 })).items.map(({ action, phase, outcome }) => `${action} ${outcome ?? phase}`);
const codes = async (work: Promise<unknown>[]): Promise<string[]> =>
  (await Promise.allSettled(work)).map((result) =>
    result.status === 'fulfilled' ? 'ok' : (result.reason as { code: string }).code,
  );
/**
 * Starts `work` while another transaction holds the rows of a table, lets `change` happen in that one once so many are
 * waiting for it, and lets go. Wrapped, so that the caller can wait for the result of `work` and not for nothing.
 */
const whileLocked = async <T>(
  table: 'instance' | 'sessions',
  waiting: number,
  work: () => Promise<T>,
  change: (client: { query(text: string, values: unknown[]): Promise<unknown> }) => Promise<unknown> = async () =>
    undefined,
): Promise<{ result: Promise<T> }> =>
  box.database.withOwner(async (client) => {
    await client.query('begin');
    await client.query(`select from ${table} for update`);
    const result = work();
    const countWaiting = async () =>
      (await client.query('select from pg_locks where not granted and pid <> pg_backend_pid()')).rowCount;
    await expect.poll(countWaiting, { timeout: 4000 }).toBe(waiting);
    await change(client);
    await client.query('commit');
    return { result };
  });
const age = (sessionId: string, ms: number) =>
  box.db.execute(
    sql`update sessions set rotated_at = rotated_at - make_interval(secs => ${ms / 1000}) where id = ${sessionId}`,
  );

describe('set-up', () => {
  test('AN-16 of twenty that race exactly one makes the administrator, and nobody ever after', async () => {
    const code = await box.instance.issueSetupCode();
    const race = Array.from({ length: 20 }, (_, index) =>
      box.auth.setup({ ...ADMIN, code, email: `a${index}@example.org` }, from(`192.0.2.${index}`)),
    );
    const results = await codes(race);
    expect(results.filter((result) => result === 'ok')).toHaveLength(1);
    expect(new Set(results)).toEqual(new Set(['ok', 'setup_done']));
    expect(await codes([box.auth.setup({ ...ADMIN, code }, from('192.0.2.99'))])).toEqual(['setup_done']);
    expect((await box.db.execute(sql`select count(*)::int as n from users`)).rows).toEqual([{ n: 1 }]);
  });

  test('AN-16 who sets up in the middle of a set-up waits for it and comes too late', async () => {
    const code = await box.instance.issueSetupCode();
    const race = await whileLocked('instance', 2, () =>
      codes(
        ['a', 'b'].map((name, n) =>
          box.auth.setup({ ...ADMIN, code, email: `${name}@example.org` }, from(`192.0.2.${n}`)),
        ),
      ),
    );
    expect((await race.result).sort()).toEqual(['ok', 'setup_done']);
  });

  test('a wrong code is refused and changes nothing', async () => {
    await box.instance.issueSetupCode();
    expect(await codes([box.auth.setup({ ...ADMIN, code: 'AAAA-BBBB-CCCC' }, CALLER)])).toEqual(['invalid_setup_code']);
    expect(await box.auth.setupNeeded()).toBe(true);
  });

  test('the code may be typed in lower case, without dashes and with look-alikes', async () => {
    const code = await box.instance.issueSetupCode();
    const typed = code.replaceAll('-', '').toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l');
    await expect(box.auth.setup({ ...ADMIN, code: typed }, CALLER)).resolves.toMatchObject({
      user: { email: ADMIN.email },
    });
  });

  test('a new code ends the one before', async () => {
    const first = await box.instance.issueSetupCode();
    await box.instance.issueSetupCode();
    expect(await codes([box.auth.setup({ ...ADMIN, code: first }, CALLER)])).toEqual(['invalid_setup_code']);
  });

  test('guessing codes is limited', async () => {
    const guesses = Array.from({ length: 15 }, () => box.auth.setup({ ...ADMIN, code: 'AAAA-BBBB-CCCC' }, CALLER));
    expect(await codes(guesses)).toContain('rate_limited');
  });
});

describe('sign-in', () => {
  test('works with the right password, whatever the case of the address, and is audited', async () => {
    await box.setUp();
    const { accessToken, user } = await box.auth.login(ADMIN, CALLER);
    expect(await box.auth.identify(accessToken)).toMatchObject({ userId: user.id, email: ADMIN.email });
    expect(await actions()).toEqual(['auth.login ok', 'auth.login intent', 'auth.setup ok', 'auth.setup intent']);
  });

  test('AN-11 an unknown account and a wrong password get the same answer', async () => {
    await box.setUp();
    const wrong = await box.auth
      .login({ ...ADMIN, password: 'wrong password' }, CALLER)
      .catch((error: Error) => error.message);
    const unknown = await box.auth
      .login({ ...ADMIN, email: 'nobody@example.org' }, CALLER)
      .catch((error: Error) => error.message);
    expect(wrong).toBe(unknown);
  });

  test('AN-10 after five wrong passwords even the right one is refused, from that address alone', async () => {
    await box.setUp();
    for (let guess = 0; guess < 5; guess += 1) {
      expect(await codes([box.auth.login({ ...ADMIN, password: 'wrong password' }, CALLER)])).toEqual([
        'invalid_credentials',
      ]);
    }
    expect(await codes([box.auth.login(ADMIN, CALLER)])).toEqual(['rate_limited']);
    expect(await codes([box.auth.login(ADMIN, from('198.51.100.9'))])).toEqual(['ok']);
  });

  test('AN-10 a lock ends on time: a quarter of an hour after it fell, however often one tries meanwhile', async () => {
    await box.setUp();
    const guess = { ...ADMIN, password: 'wrong password' };
    for (let count = 0; count < 5; count += 1) await codes([box.auth.login(guess, CALLER)]);
    expect(await codes([box.auth.login(ADMIN, CALLER)])).toEqual(['rate_limited']);
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      vi.setSystemTime(Date.now() + 14 * 60_000);
      expect(await codes([box.auth.login(ADMIN, CALLER)])).toEqual(['rate_limited']);
      vi.setSystemTime(Date.now() + 61_000);
      expect(await codes([box.auth.login(ADMIN, CALLER)])).toEqual(['ok']);
    } finally {
      vi.useRealTimers();
    }
  });

  test('AN-10 signing in correctly, however often, uses up no limit', async () => {
    await box.setUp();
    for (let count = 0; count < 60; count += 1) await box.auth.login(ADMIN, CALLER);
    expect(await codes([box.auth.login(ADMIN, CALLER)])).toEqual(['ok']);
  });

  test('AN-10 parallel guesses cannot slip past the counter', async () => {
    await box.setUp();
    const results = await codes(
      Array.from({ length: 30 }, () => box.auth.login({ ...ADMIN, password: 'wrong password' }, CALLER)),
    );
    expect(results.filter((code) => code === 'invalid_credentials')).toHaveLength(5);
  });

  test('AN-10 the right password among too many parallel guesses is refused like the others', async () => {
    await box.setUp();
    const guesses = Array.from({ length: 9 }, (_, n) => ({ ...ADMIN, password: `wrong password ${n}` }));
    const results = await codes([...guesses, ADMIN].map((guess) => box.auth.login(guess, CALLER)));
    expect(results.at(-1)).toBe('rate_limited');
  });

  test('a disabled user is signed in no more, at once', async () => {
    const signedIn = await box.setUp();
    await box.db.execute(sql`update users set is_active = false`);
    expect(await box.auth.identify(signedIn.accessToken)).toBeUndefined();
    expect(await codes([box.auth.login(ADMIN, CALLER)])).toEqual(['invalid_credentials']);
  });
});

describe('refresh', () => {
  test('AN-3 each token works once; the return of an old one ends the whole family and is audited', async () => {
    const first = await box.setUp();
    const sessionId = (await principalOf(first)).sessionId;
    const told: unknown[] = [];
    box.bus.subscribe('session.revoked', (message) => void told.push(message));
    const second = await box.auth.refresh(first.refreshToken, CALLER);
    const third = await box.auth.refresh(second.refreshToken, CALLER);
    expect(await codes([box.auth.refresh(first.refreshToken, CALLER)])).toEqual(['unauthenticated']);
    expect(await codes([box.auth.refresh(third.refreshToken, CALLER)])).toEqual(['unauthenticated']);
    expect(await box.auth.identify(third.accessToken)).toBeUndefined();
    expect(await actions()).toContain('auth.reuse_detected ok');
    await expect.poll(() => told).toEqual([{ sessionId, reason: 'reuse_detected' }]);
  });

  test('AN-3 past the grace window even the token just before is a reuse', async () => {
    const first = await box.setUp();
    const second = await box.auth.refresh(first.refreshToken, CALLER);
    await age((await principalOf(second)).sessionId, 11_000);
    expect(await codes([box.auth.refresh(first.refreshToken, CALLER)])).toEqual(['unauthenticated']);
    expect(await box.auth.identify(second.accessToken)).toBeUndefined();
  });

  test('AN-4 a refresh in the middle of another one does not take its effect back', async () => {
    const first = await box.setUp();
    const { sessionId } = await principalOf(first);
    const race = await whileLocked(
      'sessions',
      1,
      () => codes([box.auth.refresh(first.refreshToken, CALLER)]),
      async (client) =>
        client.query(`update sessions set generation = 3, rotated_at = now() - interval '1 minute' where id = $1`, [
          sessionId,
        ]),
    );
    expect(await race.result).toEqual(['unauthenticated']);
    expect((await box.db.execute(sql`select generation from sessions`)).rows).toEqual([{ generation: 3 }]);
  });

  test('AN-4 twenty parallel refreshes give one successor and log nobody out', async () => {
    const first = await box.setUp();
    const results = await Promise.all(Array.from({ length: 20 }, () => box.auth.refresh(first.refreshToken, CALLER)));
    expect(new Set(results.map(({ refreshToken }) => refreshToken)).size).toBe(1);
    expect((await box.db.execute(sql`select generation from sessions`)).rows).toEqual([{ generation: 2 }]);
    const [next] = results;
    await expect(box.auth.refresh(next?.refreshToken, CALLER)).resolves.toBeDefined();
  });

  test('AN-4 the database holds nothing of a token', async () => {
    const { refreshToken } = await box.setUp();
    const { rows } = await box.db.execute(sql`select to_jsonb(s)::text as row from sessions s`);
    // Base64url has underscores of its own.
    const mac = refreshToken.split('_').slice(3).join('_');
    expect(mac).toHaveLength(43);
    expect(JSON.stringify(rows)).not.toContain(mac);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(mac, 'base64url').toString('hex'));
  });

  test('an expired session cannot be refreshed', async () => {
    const first = await box.setUp();
    await box.db.execute(sql`update sessions set expires_at = now() - interval '1 second'`);
    expect(await codes([box.auth.refresh(first.refreshToken, CALLER)])).toEqual(['unauthenticated']);
    expect(await box.auth.identify(first.accessToken)).toBeUndefined();
  });

  test.each([undefined, '', 'sbr_x', `sbr_${newId()}_1_${'A'.repeat(43)}`])(
    'a forged token %s is refused',
    async (token) => {
      await box.setUp();
      expect(await codes([box.auth.refresh(token, CALLER)])).toEqual(['unauthenticated']);
    },
  );
});

describe('sessions and password', () => {
  test('logging out ends the access token at once', async () => {
    const signedIn = await box.setUp();
    await box.auth.logout(await principalOf(signedIn));
    expect(await box.auth.identify(signedIn.accessToken)).toBeUndefined();
    expect(await codes([box.auth.refresh(signedIn.refreshToken, CALLER)])).toEqual(['unauthenticated']);
  });

  test('sessions are listed with the current one marked, and others can be ended', async () => {
    const here = await principalOf(await box.setUp());
    const there = await principalOf(await box.auth.login(ADMIN, from('198.51.100.9')));
    const listed = await box.auth.listSessions(here);
    expect(listed.map(({ id, current, ip }) => ({ id, current, ip }))).toEqual(
      expect.arrayContaining([
        { id: here.sessionId, current: true, ip: CALLER.ip },
        { id: there.sessionId, current: false, ip: '198.51.100.9' },
      ]),
    );
    await box.auth.revokeSession(here, there.sessionId);
    expect(await box.auth.findPrincipal(there.sessionId)).toBeUndefined();
    expect(await codes([box.auth.revokeSession(here, there.sessionId)])).toEqual(['not_found']);
    expect(await codes([box.auth.revokeSession(here, newId<SessionId>())])).toEqual(['not_found']);
  });

  test('AZ-5 without the gate, what is asked of the database still holds nothing of another user', async () => {
    const mine = await principalOf(await box.setUp());
    const other: Principal = { ...mine, userId: newId(), sessionId: newId() };
    const row = sql`${other.userId}, 'other@example.org', password_hash, role, preferences`;
    await box.db.execute(
      sql`insert into users (id, email, password_hash, role, preferences) select ${row} from users limit 1`,
    );
    const before = (await box.db.execute(sql`select * from sessions`)).rows;
    expect(await box.auth.listSessions(other)).toEqual([]);
    expect(await codes([box.auth.revokeSession(other, mine.sessionId)])).toEqual(['not_found']);
    expect(await box.auth.revokeOtherSessions(other)).toBe(0);
    await box.auth.logout({ ...other, sessionId: mine.sessionId });
    await box.auth.setPreferences(other, { ...(await box.auth.getUser(other)).preferences, theme: 'light' });
    expect((await box.db.execute(sql`select * from sessions`)).rows).toEqual(before);
    expect((await box.auth.getUser(mine)).preferences.theme).not.toBe('light');
  });

  test('a new password ends every other session and keeps this one', async () => {
    const here = await principalOf(await box.setUp());
    const there = await principalOf(await box.auth.login(ADMIN, CALLER));
    await box.auth.changePassword(here, { currentPassword: ADMIN.password, newPassword: 'another long password' });
    expect(await box.auth.findPrincipal(there.sessionId)).toBeUndefined();
    expect(await box.auth.findPrincipal(here.sessionId)).toBeDefined();
    expect(await codes([box.auth.login(ADMIN, CALLER)])).toEqual(['invalid_credentials']);
    expect(await codes([box.auth.login({ ...ADMIN, password: 'another long password' }, CALLER)])).toEqual(['ok']);
  });

  test('a wrong current password changes nothing, and guessing it is limited', async () => {
    const here = await principalOf(await box.setUp());
    const guess = () =>
      box.auth.changePassword(here, { currentPassword: 'wrong password', newPassword: 'another long password' });
    for (let count = 0; count < 5; count += 1) expect(await codes([guess()])).toEqual(['invalid_credentials']);
    expect(await codes([guess()])).toEqual(['rate_limited']);
    expect(await codes([box.auth.login(ADMIN, CALLER)])).toEqual(['ok']);
  });

  test('appearance is kept per user', async () => {
    const here = await principalOf(await box.setUp());
    const { preferences } = await box.auth.getUser(here);
    await box.auth.setPreferences(here, { ...preferences, theme: 'light' });
    expect((await box.auth.getUser(here)).preferences.theme).toBe('light');
  });
});
