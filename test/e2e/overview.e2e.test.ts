import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasHeading, isVisible } from './browser.ts';
import { ILL, runOwn, WEB } from './scene.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

test('the overview shows the fleet in figures and this machine live', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/');
  await hasHeading(page, 'Overview');
  const figures = page.getByRole('region', { name: 'The fleet in figures' });
  await expect.poll(() => figures.innerText()).toMatch(/Nodes online\s+1 \/ 1/);
  await expect.poll(() => figures.innerText()).toMatch(/Containers running\s+\d+ \/ \d+/);
  await expect.poll(() => figures.innerText()).toMatch(/CPU\s+[\d.]+ ?%/);
  for (const name of ['CPU', 'Memory', 'Network', 'Disk I/O']) await isVisible(page.getByRole('figure', { name }));
  for (const label of ['CPU', 'Memory', 'Disk']) await isVisible(page.getByRole('meter', { name: label }));
  expect(visit.findings).toEqual([]);
});

test('what needs attention is named and leads to its page', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/');
  await page.getByRole('complementary', { name: 'Attention and activity' }).getByRole('link', { name: ILL }).click();
  await hasHeading(page, ILL);
  await isVisible(page.getByText('Unhealthy').first());
  await page.goBack();
  await hasHeading(page, 'Overview');
  expect(visit.findings).toEqual([]);
});

test('the busiest containers lead to their pages', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/');
  await page.getByRole('row', { name: WEB }).getByRole('link', { name: WEB }).click();
  await hasHeading(page, WEB);
  expect(visit.findings).toEqual([]);
});

test('a container that starts elsewhere appears in the activity without a reload', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/');
  await isVisible(page.getByText('Live', { exact: true }));
  await runOwn(stage.engine, 'e2e-newcomer');
  const activity = page.getByRole('complementary', { name: 'Attention and activity' });
  await isVisible(activity.getByText(/e2e-newcomer.*started/).first(), 5000);
  expect(visit.findings).toEqual([]);
});
