import { afterAll, beforeAll, expect, test } from 'vitest';
import { findFreePort } from '../../lab/free-port.ts';
import type { TempDir } from '../../lab/temp-dir.ts';
import type { Box } from './box.ts';
import { openDataDir, startBox, WITH_ADMIN } from './box.ts';
import type { Visit } from './browser.ts';
import { hasHeading, isVisible, openBrowser, signIn } from './browser.ts';
import { findNode, openTestVisit } from './stage.ts';

/** What a browser prints while nobody answers, and while the core is starting or stopping. */
const NO_ANSWER = /Failed to load resource|WebSocket connection to|ERR_/;

let dataDir: TempDir;
let environment: Record<string, string>;
let box: Box;
let browser: Awaited<ReturnType<typeof openBrowser>>;

beforeAll(async () => {
  dataDir = await openDataDir();
  environment = { ...WITH_ADMIN, PORT: String(await findFreePort()) };
  box = await startBox(dataDir.path, environment);
  browser = await openBrowser();
  await findNode(box, browser);
});
afterAll(async () => {
  await browser.close();
  expect(await box.stop()).toBe(0);
  await dataDir.remove();
});

const isDown = (): boolean => box.process.exitCode !== null || box.process.signalCode !== null;
const restart = async (): Promise<void> => {
  box = await startBox(dataDir.path, environment);
};

const openOverview = async (): Promise<Visit> => {
  if (isDown()) await restart();
  const visit = await openTestVisit(browser, box);
  await signIn(visit);
  await visit.page.goto('/');
  await hasHeading(visit.page, 'Overview');
  await isVisible(visit.page.getByText('Live', { exact: true }));
  await expect.poll(() => visit.page.getByRole('figure', { name: 'CPU' }).innerText()).toMatch(/\d ?%/);
  // A page that reloads itself would lose this.
  await visit.page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
  return visit;
};

const expectLiveAgain = async ({ page }: Visit): Promise<void> => {
  await isVisible(page.getByText('Live', { exact: true }), 45_000);
  const figures = () => page.getByRole('figure').allInnerTexts();
  const before = await figures();
  await expect.poll(figures, { timeout: 15_000, interval: 200 }).not.toEqual(before);
  expect(await page.evaluate(() => 'isSamePage' in globalThis)).toBe(true);
};

test('a page survives a restart of the core and is live again by itself', async () => {
  const visit = await openOverview();
  visit.expected(NO_ANSWER);
  expect(await box.stop()).toBe(0);
  expect(box.errors()).toEqual([]);
  await isVisible(visit.page.getByText('Server Box does not answer.'), 45_000);
  // What was known stays readable.
  await isVisible(visit.page.getByRole('heading', { name: 'This machine' }));
  await restart();
  await expectLiveAgain(visit);
  expect(visit.findings).toEqual([]);
});

test('a page survives a core that was killed', async () => {
  const visit = await openOverview();
  visit.expected(NO_ANSWER);
  await box.kill();
  await isVisible(visit.page.getByText(/Reconnecting|Offline/));
  await restart();
  await expectLiveAgain(visit);
  expect(visit.findings).toEqual([]);
});

test('a page that was opened while the core was away comes by itself', async () => {
  const visit = await openOverview();
  visit.expected(NO_ANSWER);
  // The code of that page may not even be here yet.
  visit.expected(/Page not loaded/);
  await box.stop();
  await visit.page.getByRole('link', { name: 'Nodes', exact: true }).click();
  await hasHeading(visit.page, /Nodes|Server Box does not answer/);
  await restart();
  await isVisible(visit.page.getByRole('table', { name: 'Nodes' }), 45_000);
  await isVisible(visit.page.getByText('Live', { exact: true }), 45_000);
  expect(visit.findings).toEqual([]);
});

test('the login keeps what was typed while the core is away', async () => {
  if (isDown()) await restart();
  const visit = await openTestVisit(browser, box);
  const { page } = visit;
  visit.expected(/401 /);
  visit.expected(NO_ANSWER);
  await page.goto('/login');
  await page.getByLabel('E-mail').fill('admin@example.org');
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery staple');
  await box.stop();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await isVisible(page.getByText('Server Box does not answer'));
  await restart();
  await page.getByText('Server Box does not answer').waitFor({ state: 'hidden', timeout: 45_000 });
  await page.getByRole('button', { name: 'Sign in' }).click();
  await hasHeading(page, 'Overview');
  expect(visit.findings).toEqual([]);
});
