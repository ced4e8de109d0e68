import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Box } from './box.ts';
import { ADMIN, openDataDir, startBox, WITH_ADMIN } from './box.ts';
import { fillLogin, hasHeading, isVisible, openBrowser } from './browser.ts';
import { openTestVisit } from './stage.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

const openBox = async (environment?: Record<string, string>): Promise<Box> => {
  const dataDir = await openDataDir();
  const box = await startBox(dataDir.path, environment);
  onTestFinished(async () => {
    expect(await box.stop()).toBe(0);
    await dataDir.remove();
    expect(box.errors()).toEqual([]);
  });
  return box;
};

test('the printed link leads through set-up to this machine, live', async () => {
  const box = await openBox();
  const visit = await openTestVisit(browser, box);
  const { page } = visit;
  await page.goto(`/setup#code=${box.setupCode}`);

  const code = page.getByLabel('Set-up code');
  await expect.poll(() => code.inputValue()).toBe(box.setupCode);
  // A code in the address bar would stay in the history of the browser.
  await expect.poll(() => page.url()).not.toContain('code');

  await page.getByLabel('E-mail').fill(ADMIN.email);
  await page.getByLabel('Password', { exact: true }).fill('too short');
  await page.getByRole('button', { name: 'Create account' }).click();
  await isVisible(page.getByText('Use at least 10 characters.'));

  visit.expected(/401 .*\/trpc\/auth\.setup/);
  await code.fill('AAAA-BBBB-CCCC');
  await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect.poll(() => code.getAttribute('aria-invalid')).toBe('true');

  await code.fill(box.setupCode ?? '');
  await page.getByRole('button', { name: 'Create account' }).click();
  await hasHeading(page, 'Overview');
  await isVisible(page.getByRole('heading', { name: 'This machine' }));
  await isVisible(page.getByText('Live', { exact: true }));

  const figures = () => page.getByRole('figure').allInnerTexts();
  await expect.poll(async () => (await figures()).join()).toMatch(/\d %/);
  const before = await figures();
  await expect.poll(figures, { timeout: 3000, interval: 100 }).not.toEqual(before);

  await page.goto('/setup');
  await hasHeading(page, 'Set-up is complete');
  await isVisible(page.getByRole('link', { name: 'Go to sign-in' }));
  expect(visit.findings).toEqual([]);
});

test('a wrong set-up code says where the right one is', async () => {
  const box = await openBox({ SERVERBOX_LOCAL_NODE: 'off' });
  const visit = await openTestVisit(browser, box);
  const { page } = visit;
  visit.expected(/401 .*\/trpc\/auth\.setup/);
  // Whatever page is asked for, an installation that nobody owns leads to set-up.
  await page.goto('/containers');
  await hasHeading(page, 'Set up Server Box');
  await page.getByLabel('Set-up code').fill('AAAA-BBBB-CCCC');
  await page.getByLabel('E-mail').fill(ADMIN.email);
  await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await isVisible(page.getByText('The code stands in the log of the running server'));
  expect(visit.findings).toEqual([]);
});

test('an administrator from the environment signs in without set-up', async () => {
  const box = await openBox({ ...WITH_ADMIN, SERVERBOX_LOCAL_NODE: 'off' });
  expect(box.setupCode).toBeUndefined();
  const visit = await openTestVisit(browser, box);
  const { page } = visit;
  // A stranger is known without asking in vain for what needs a session: the console stays empty.
  await page.goto('/');
  await fillLogin(page);
  await hasHeading(page, 'Overview');
  // Nothing will appear by itself, so nothing is promised, and no figures are shown of a fleet that is not.
  await isVisible(page.getByText('No nodes yet'));
  expect(await page.getByRole('region', { name: 'The fleet in figures' }).count()).toBe(0);
  expect(await page.getByText('being connected').count()).toBe(0);
  await page.goto('/nodes');
  await isVisible(page.getByText('No nodes yet'));
  expect(visit.findings).toEqual([]);
});
