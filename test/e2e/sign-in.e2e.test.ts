import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN } from './box.ts';
import { fillLogin, hasHeading, isVisible } from './browser.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

test('a wrong password is refused and can be corrected at once', async () => {
  const visit = await stage.visit({ isSignedOut: true });
  const { page } = visit;
  visit.expected(/401 /);
  await page.goto('/login');
  await fillLogin(page, 'not the password');
  await isVisible(page.getByText('E-mail or password is wrong.'));
  const password = page.getByLabel('Password', { exact: true });
  await expect.poll(() => password.evaluate((field) => field === document.activeElement)).toBe(true);
  await fillLogin(page);
  await hasHeading(page, 'Overview');
  expect(visit.findings).toEqual([]);
});

test('too many wrong passwords are told when to try again', async () => {
  const visit = await stage.visit({ isSignedOut: true });
  const { page } = visit;
  visit.expected(/(401|429) /);
  await page.goto('/login');
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const answer = page.waitForResponse(/auth\.login/);
    await fillLogin(page, 'a guess', 'nobody@example.org');
    expect((await answer).status()).toBe(401);
  }
  await fillLogin(page, 'a guess', 'nobody@example.org');
  await isVisible(page.getByText('Too many attempts').first());
  await isVisible(page.getByText(/again in \d+ (seconds|minutes)/));
  expect(visit.findings).toEqual([]);
});

test('signing out ends the session', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/');
  await page.getByRole('button', { name: `Account of ${ADMIN.email}` }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await isVisible(page.getByText('You are signed out.'));
  await page.goto('/nodes');
  await hasHeading(page, 'Sign in');
  expect(visit.findings).toEqual([]);
});

test('the login leads on whoever is signed in already', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/login?next=/nodes');
  await hasHeading(page, 'Nodes');
  await page.goto('/login');
  await hasHeading(page, 'Overview');
  expect(visit.findings).toEqual([]);
});

test('an expired session leads to the login and back to where one was', async () => {
  const visit = await stage.visit();
  const { page, context } = visit;
  await page.goto('/containers?q=e2e&state=running');
  await hasHeading(page, 'Containers');
  visit.expected(/401 /);
  await context.clearCookies();
  // Nobody has to click: the next thing that the page asks for is refused.
  await isVisible(page.getByText('Your session has ended.'), 15_000);
  await fillLogin(page);
  await hasHeading(page, 'Containers');
  expect(new URL(page.url()).search).toBe('?q=e2e&state=running');
  expect(visit.findings).toEqual([]);
});

test('a session revoked elsewhere leads to the login and says why', async () => {
  const [here, there] = [await stage.visit(), await stage.visit()];
  here.expected(/401 /);
  await here.page.goto('/nodes?q=x');
  await hasHeading(here.page, 'Nodes');
  await there.page.goto('/settings/sessions');
  await there.page.getByRole('button', { name: 'Sign out all others' }).click();
  await there.page.getByRole('dialog').getByRole('button', { name: 'Sign out', exact: true }).click();
  await isVisible(here.page.getByText('This session was signed out from another device.'), 5000);
  await fillLogin(here.page);
  await hasHeading(here.page, 'Nodes');
  expect(new URL(here.page.url()).search).toBe('?q=x');
  expect(here.findings).toEqual([]);
  expect(there.findings).toEqual([]);
});

test('a link that leads elsewhere after the login is not followed', async () => {
  const visit = await stage.visit({ isSignedOut: true });
  const { page } = visit;
  await page.goto('/login?next=//evil.example/');
  await fillLogin(page);
  await hasHeading(page, 'Overview');
  expect(new URL(page.url()).host).toBe(new URL(stage.box.url).host);
  expect(visit.findings).toEqual([]);
});

test('AN-14 tokens are in HttpOnly SameSite cookies and nowhere else in the browser', async () => {
  const visit = await stage.visit({ isSignedOut: true });
  const { page, context } = visit;
  const addresses: string[] = [];
  const referrers: (string | undefined)[] = [];
  page.on('request', (request) => {
    addresses.push(request.url());
    referrers.push(request.headers().referer);
  });
  await page.goto('/login');
  await fillLogin(page);
  await hasHeading(page, 'Overview');
  await isVisible(page.getByText('Live', { exact: true }));
  await page.goto('/nodes');
  await hasHeading(page, 'Nodes');

  const cookies = await context.cookies();
  expect(cookies.map(({ name }) => name).sort()).toEqual(['serverbox_access', 'serverbox_refresh']);
  for (const cookie of cookies) expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });

  const stored = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, document.title]),
  );
  const log = stage.box.log();
  for (const { value } of cookies) {
    // The parts of a token that are secret: a token that were cut in pieces would still be found.
    for (const part of value.split('.').filter((each) => each.length >= 16)) {
      expect(stored).not.toContain(part);
      expect(addresses.join('\n')).not.toContain(part);
      expect(referrers.join('\n')).not.toContain(part);
      expect(log).not.toContain(part);
    }
  }
  expect(referrers.filter((each) => each !== undefined && each !== '')).toEqual([]);
  expect(visit.findings).toEqual([]);
});
