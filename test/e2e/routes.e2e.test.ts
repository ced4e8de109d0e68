import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Size, Visit } from './browser.ts';
import { SIZES } from './browser.ts';
import { startRun } from './runs.ts';
import { inspect, WEB } from './scene.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';
import type { Places } from './visited.ts';
import { VISITED } from './visited.ts';

let stage: Stage;
let places: Places;
beforeAll(async () => {
  stage = await openStage();
  const containerId = (await inspect(stage.engine, WEB)).Id;
  places = { nodeId: stage.node.id, containerId, runId: await startRun(stage, [stage.node.id], ['uptime']) };
});
afterAll(() => stage.close());

/** The page as it is once nothing of it is still loading. */
const settle = async (page: Page): Promise<void> => {
  await page.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' });
  await expect.poll(() => page.locator('[aria-busy="true"]').count(), { timeout: 15_000 }).toBe(0);
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
};

const problemsOf = async ({ page, findings }: Visit, address: string): Promise<string[]> => {
  await page.goto(address);
  await settle(page);
  const { scrollWidth, innerWidth } = await page.evaluate(() => ({
    scrollWidth: document.documentElement.scrollWidth,
    innerWidth: window.innerWidth,
  }));
  const [mains, headings] = [
    await page.getByRole('main').count(),
    await page.getByRole('heading', { level: 1 }).count(),
  ];
  const problems = [
    ...(scrollWidth > innerWidth ? [`is ${scrollWidth} wide in a window of ${innerWidth}`] : []),
    ...(mains === 1 ? [] : [`has ${mains} main landmarks`]),
    ...(headings === 1 ? [] : [`has ${headings} headings of level 1`]),
    ...findings.splice(0),
  ];
  return problems.map((problem) => `${address} ${problem}`);
};

test.each(Object.keys(SIZES) as Size[])('every route fits a %s and says nothing to the console', async (size) => {
  const visit = await stage.visit({ size });
  const signedOut = await stage.visit({ size, isSignedOut: true });
  signedOut.expected(/401 /);
  const problems: string[] = [];
  for (const [path, addressesOf] of Object.entries(VISITED)) {
    for (const address of addressesOf(places)) {
      problems.push(...(await problemsOf(path === '/login' ? signedOut : visit, address)));
    }
  }
  problems.push(...(await problemsOf(visit, '/no-such-page')));
  expect(problems).toEqual([]);
});

test('a phone is steered from the bar at the bottom and rows are cards', async () => {
  const visit = await stage.visit({ size: 'phone' });
  const { page } = visit;
  await page.goto('/');
  const bar = page.getByRole('navigation', { name: 'Main' });
  for (const name of ['Nodes', 'Containers', 'Commands', 'Terminal', 'Settings', 'Overview']) {
    await bar.getByRole('link', { name }).click();
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe(name);
  }
  await page.goto('/containers?q=e2e-');
  await settle(page);
  expect(await page.getByRole('columnheader').count()).toBe(0);
  await page.getByText(WEB, { exact: true }).click();
  await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe(WEB);
  expect(visit.findings).toEqual([]);
});
