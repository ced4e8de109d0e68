import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN } from './box.ts';
import type { Visit } from './browser.ts';
import { fillLogin, hasHeading, isVisible } from './browser.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';
import { untilOpen } from './terminal-screen.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const NEW_PASSWORD = 'another correct horse';

const changePassword = async (page: Page, current: string, next: string): Promise<void> => {
  await page.getByLabel('Current password', { exact: true }).fill(current);
  await page.getByLabel('New password', { exact: true }).fill(next);
  await page.getByRole('button', { name: 'Change password' }).click();
};

test('the password is changed only by who knows the current one', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/settings/profile');
  await changePassword(page, ADMIN.password, 'short');
  await isVisible(page.getByText('Use at least 10 characters.'));
  visit.expected(/401 .*changePassword/);
  await changePassword(page, 'not the password', NEW_PASSWORD);
  await isVisible(page.getByText('The current password is wrong.'));
  // A wrong current password is no reason to be signed out.
  await hasHeading(page, 'Settings');

  await changePassword(page, ADMIN.password, NEW_PASSWORD);
  await isVisible(page.getByText('Password changed'));
  const other = await stage.visit({ isSignedOut: true });
  other.expected(/401 /);
  await other.page.goto('/login');
  await fillLogin(other.page, ADMIN.password);
  await isVisible(other.page.getByText('E-mail or password is wrong.'));
  await fillLogin(other.page, NEW_PASSWORD);
  await hasHeading(other.page, 'Overview');

  await changePassword(page, NEW_PASSWORD, ADMIN.password);
  await isVisible(other.page.getByText('This session was signed out from another device.'), 5000);
  expect(visit.findings).toEqual([]);
  expect(other.findings).toEqual([]);
});

/** The live channel of a session, read outside the browser, which would hide how it ended. */
const readEvents = async ({ context }: Visit): Promise<string> => {
  const cookies = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const answer = await fetch(`${stage.box.url}/api/events?topics=nodes,containers`, { headers: { cookie: cookies } });
  expect(answer.status).toBe(200);
  return answer.text();
};

test('WS-4 revoking a session closes its terminal and its live channel within five seconds', async () => {
  const there = await stage.visit();
  const opened = there.page.waitForEvent('websocket');
  await there.page.goto(`/terminal?node=${stage.node.id}`);
  const socket = await opened;
  await untilOpen(there.page);
  const events = readEvents(there);
  const here = await stage.visit();
  await here.page.goto('/settings/sessions');
  const others = here.page.getByRole('button', { name: 'Sign out', exact: true });
  await isVisible(others.first());
  const count = await others.count();
  there.expected(/401 /);

  // The newest stands first.
  await others.first().click();
  const dialog = here.page.getByRole('dialog');
  await isVisible(dialog.getByText('Open terminals and live views there close within seconds.'));
  const isClosed = socket.waitForEvent('close', { timeout: 5000 });
  const before = Date.now();
  await dialog.getByRole('button', { name: 'Sign out' }).click();
  await isClosed;
  expect(await events).toContain('signed_out');
  expect(Date.now() - before).toBeLessThan(5000);
  await isVisible(there.page.getByText('This session was signed out from another device.'));
  await expect.poll(() => others.count()).toBe(count - 1);
  expect(here.findings).toEqual([]);
  expect(there.findings).toEqual([]);
});

const attributesOf = (page: Page) => page.evaluate(() => ({ ...document.documentElement.dataset }));

test('the appearance applies at once, and follows to every browser', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/settings/appearance');
  const pick = async (group: string, choice: string) => {
    const saved = page.waitForResponse(/setPreferences/);
    await page.getByRole('radiogroup', { name: group }).getByText(choice, { exact: true }).click();
    await saved;
  };
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await background();
  await pick('Theme', 'Light');
  expect(await background()).not.toBe(dark);
  await pick('Density', 'Compact');
  const saved = page.waitForResponse(/setPreferences/);
  await page.getByRole('radio', { name: 'emerald' }).check({ force: true });
  await saved;
  const chosen = { theme: 'light', density: 'compact', accent: 'emerald' };
  expect(await attributesOf(page)).toMatchObject(chosen);

  await page.reload();
  await hasHeading(page, 'Settings');
  expect(await attributesOf(page)).toMatchObject(chosen);
  const other = await stage.visit();
  await other.page.goto('/');
  await hasHeading(other.page, 'Overview');
  await expect.poll(() => attributesOf(other.page)).toMatchObject(chosen);

  await pick('Theme', 'Dark');
  await expect.poll(background).toBe(dark);
  expect(visit.findings).toEqual([]);
  expect(other.findings).toEqual([]);
});

test('the theme is chosen from the menu of the account too', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/');
  await page.getByRole('button', { name: `Account of ${ADMIN.email}` }).click();
  const saved = page.waitForResponse(/setPreferences/);
  await page.getByRole('menuitemcheckbox', { name: 'Light' }).click();
  await saved;
  await expect.poll(() => attributesOf(page)).toMatchObject({ theme: 'light' });
  expect(visit.findings).toEqual([]);
});
