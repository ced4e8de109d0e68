import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasHeading, isGone, isVisible } from './browser.ts';
import { runOwn } from './scene.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

test('the list is searched, sorted and opened, and the address keeps it', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/nodes');
  const row = page.getByRole('row', { name: stage.node.name });
  await isVisible(row);

  await page.getByRole('searchbox', { name: 'Search nodes' }).fill('no such machine');
  await isVisible(page.getByText('No node matches'));
  await expect.poll(() => page.url()).toContain('q=no');
  await page.getByRole('button', { name: 'Show all nodes' }).click();
  await isVisible(row);

  await page.getByRole('button', { name: 'CPU', exact: true }).click();
  const header = page.getByRole('columnheader', { name: 'CPU' });
  await expect.poll(() => header.getAttribute('aria-sort')).toMatch(/ascending|descending/);
  const direction = await header.getAttribute('aria-sort');
  await page.getByRole('button', { name: 'CPU', exact: true }).click();
  await expect.poll(() => header.getAttribute('aria-sort')).not.toBe(direction);
  await expect.poll(() => page.url()).toContain('sort=');
  await page.reload();
  await expect.poll(() => header.getAttribute('aria-sort')).not.toBeNull();

  await row.focus();
  await page.keyboard.press('Enter');
  await hasHeading(page, stage.node.name);
  expect(visit.findings).toEqual([]);
});

test('columns that the reader hides stay hidden in the address', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/nodes');
  const header = page.getByRole('columnheader', { name: 'Disk' });
  await isVisible(header);
  await page.getByRole('button', { name: 'Choose columns' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Disk' }).click();
  await isGone(header);
  await page.reload();
  await isVisible(page.getByRole('columnheader', { name: 'Memory' }));
  expect(await header.count()).toBe(0);
  expect(visit.findings).toEqual([]);
});

test('a node tells what it is and how it does', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto(`/nodes/${stage.node.id}`);
  await hasHeading(page, stage.node.name);
  for (const term of ['System', 'Kernel', 'Processor', 'Docker', 'Agent', "Agent's host key", 'Permitted by its owner'])
    await isVisible(
      page
        .getByRole('term')
        .filter({ hasText: new RegExp(`^${term}$`) })
        .first(),
    );
  await isVisible(page.getByText(/SHA256:/));
  for (const name of ['CPU', 'Memory', 'Network', 'Disk I/O']) await isVisible(page.getByRole('figure', { name }));
  await isVisible(page.getByRole('table', { name: 'Disks' }).getByRole('meter').first());
  await isVisible(page.getByRole('table', { name: 'Network interfaces' }).getByText('Up', { exact: true }).first());
  await isVisible(page.getByRole('listitem', { name: /^Core 0: \d+ ?%/ }));
  await isVisible(page.getByRole('table', { name: 'Containers' }).getByText('e2e-web', { exact: true }));
  expect(visit.findings).toEqual([]);
});

test('the charts show the last hour or the last day, and the address says which', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto(`/nodes/${stage.node.id}`);
  const ranges = page.getByRole('radiogroup', { name: 'Time range' });
  expect(await ranges.getByRole('radio', { name: '1 h', exact: true }).isChecked()).toBe(true);
  await ranges.getByText('24 h', { exact: true }).click();
  await expect.poll(() => page.url()).toContain('range=24h');
  await isVisible(page.getByText(/^Shows /));
  const cpu = page.getByRole('figure', { name: 'CPU' });
  await expect.poll(() => cpu.innerText()).toMatch(/Busy\s+[\d.]+ ?%/);
  await page.reload();
  await expect.poll(() => ranges.getByRole('radio', { name: '24 h' }).isChecked()).toBe(true);
  expect(visit.findings).toEqual([]);
});

test('a node is renamed everywhere, and a bad name is refused with its reason', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto(`/nodes/${stage.node.id}`);
  await page.getByRole('button', { name: 'Rename' }).click();
  const field = page.getByRole('textbox', { name: 'Name of the node' });
  await field.fill('<b>bold</b>');
  await isVisible(page.getByRole('alert').filter({ hasText: 'starts with a letter or digit' }));
  await field.fill('Workshop machine');
  await page.getByRole('button', { name: 'Save the name' }).click();
  await hasHeading(page, /Workshop machine/);
  await isVisible(page.getByRole('navigation', { name: 'Breadcrumb' }).getByText('Workshop machine'));
  await page.getByRole('tab', { name: 'Activity' }).click();
  await isVisible(page.getByText(/^Renamed from/).first());
  await page.goto('/nodes');
  await isVisible(page.getByRole('row', { name: 'Workshop machine' }));

  await page.goto(`/nodes/${stage.node.id}`);
  await page.getByRole('button', { name: 'Rename' }).click();
  await field.fill(stage.node.name);
  await field.press('Enter');
  await hasHeading(page, stage.node.name);
  expect(visit.findings).toEqual([]);
});

test('the activity of a node goes back page by page', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await runOwn(stage.engine, 'e2e-story');
  for (let turn = 0; turn < 4; turn += 1) {
    await stage.engine.call('POST', '/containers/e2e-story/restart?t=0');
  }
  await page.goto(`/nodes/${stage.node.id}?tab=activity`);
  await isVisible(page.getByText(/e2e-story/).first());
  const beginning = page.getByText('The node was enrolled');
  const older = page.getByRole('button', { name: 'Show older' });
  for (let turn = 0; turn < 20 && !(await beginning.isVisible()); turn += 1) {
    const answer = page.waitForResponse(/nodes\.activity/);
    await older.click();
    await answer;
    await expect.poll(() => page.getByRole('button', { name: 'Show older', disabled: true }).count()).toBe(0);
  }
  await isVisible(beginning);
  expect(visit.findings).toEqual([]);
});

test('a node that never was is not found, and the page says so', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  visit.expected(/404 /);
  await page.goto('/nodes/0190a0a0-0000-7000-8000-000000000000');
  await isVisible(page.getByText('Could not load this node'));
  expect(visit.findings).toEqual([]);
});
