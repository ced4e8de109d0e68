import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasHeading, isGone, isVisible } from './browser.ts';
import { inspect, runOwn, WEB } from './scene.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const openPalette = async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/');
  await hasHeading(page, 'Overview');
  await page.keyboard.press('Control+k');
  const field = page.getByRole('combobox', { name: 'Search or run' });
  await isVisible(field);
  return { visit, page, field, results: page.getByRole('listbox', { name: 'Results' }) };
};

test('the keyboard leads to a node', async () => {
  const { visit, page, field, results } = await openPalette();
  await field.fill(stage.node.name);
  await isVisible(results.getByRole('group', { name: 'Nodes' }).getByRole('option', { name: stage.node.name }));
  await page.keyboard.press('Enter');
  await hasHeading(page, stage.node.name);
  expect(visit.findings).toEqual([]);
});

test('the keyboard leads to a container', async () => {
  const { visit, page, field, results } = await openPalette();
  await field.fill(WEB);
  await isVisible(results.getByRole('group', { name: 'Containers' }).getByRole('option', { name: WEB }));
  await page.keyboard.press('Enter');
  await hasHeading(page, WEB);
  expect(visit.findings).toEqual([]);
});

test('an act is asked for by name and done after its consequences were shown', async () => {
  const name = 'e2e-by-palette';
  await runOwn(stage.engine, name);
  const { visit, page, field, results } = await openPalette();
  await field.fill(`stop ${name}`);
  await isVisible(results.getByRole('option', { name: `Stop ${name}` }));
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: `Stop ${name}?` });
  await isVisible(dialog.getByText(`${name} on ${stage.node.name} stops until it is started again.`));
  expect((await inspect(stage.engine, name)).State.Running).toBe(true);
  await dialog.getByRole('button', { name: 'Stop container' }).click();
  await isVisible(page.getByText(`${name} stopped`, { exact: true }));
  expect((await inspect(stage.engine, name)).State.Running).toBe(false);
  expect(visit.findings).toEqual([]);
});

test('acts are not one key away before anything was asked for, and Escape leaves', async () => {
  const { visit, page, field, results } = await openPalette();
  await isVisible(results.getByRole('option', { name: 'Overview' }));
  expect(await results.getByRole('option', { name: /^(Stop|Restart|Start) / }).count()).toBe(0);
  await field.fill('there is nothing like it');
  await isVisible(page.getByText('Nothing fits'));
  await page.keyboard.press('Escape');
  await isGone(field);
  expect(visit.findings).toEqual([]);
});

test('the switcher leads from node to node', async () => {
  const { visit, page, field } = await openPalette();
  await page.keyboard.press('Escape');
  await isGone(field);
  await page.getByRole('button', { name: /^Switch node/ }).click();
  await isVisible(page.getByRole('combobox', { name: 'Switch to a node' }));
  await page.getByRole('option', { name: stage.node.name }).click();
  await hasHeading(page, stage.node.name);
  expect(visit.findings).toEqual([]);
});
