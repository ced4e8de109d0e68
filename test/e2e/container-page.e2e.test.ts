import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Visit } from './browser.ts';
import { hasHeading, isGone, isVisible } from './browser.ts';
import { DONE, ILL, inspect, runOwn, SECRET, WEB } from './scene.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';
import { screenOf, typeLine } from './terminal-screen.ts';

let stage: Stage;
let web: string;
beforeAll(async () => {
  stage = await openStage();
  web = `/nodes/${stage.node.id}/containers/${(await inspect(stage.engine, WEB)).Id}`;
});
afterAll(() => stage.close());

const openTab = async (tab: string): Promise<Visit> => {
  const visit = await stage.visit();
  await visit.page.goto(`${web}?tab=${tab}`);
  await hasHeading(visit.page, WEB);
  return visit;
};

const panel = (page: Page) => page.getByRole('tabpanel');
const logOf = (page: Page) => page.getByRole('log', { name: 'Lines' });
const newestLine = async (page: Page): Promise<number> =>
  Math.max(
    0,
    ...[...(await logOf(page).innerText()).matchAll(/line (\d+) is here/g)].map(([, number]) => Number(number)),
  );

test('the overview of a container tells what it is', async () => {
  const visit = await openTab('overview');
  const { page } = visit;
  for (const term of ['Image', 'Command', 'Restart policy', 'Started', 'Privileges'])
    await isVisible(
      panel(page)
        .getByRole('term')
        .filter({ hasText: new RegExp(`^${term}$`) }),
    );
  await isVisible(panel(page).getByText('serverbox-lab/busybox:latest'));
  await isVisible(panel(page).getByText('Exposed, not published'));
  await page.goto(`/nodes/${stage.node.id}/containers/${(await inspect(stage.engine, ILL)).Id}`);
  await isVisible(page.getByText('nobody answers').first());
  await isVisible(page.getByText('Failed with code 7').first());
  expect(visit.findings).toEqual([]);
});

test('the tabs are walked by keyboard and stand in the address', async () => {
  const visit = await openTab('overview');
  const { page } = visit;
  await page.getByRole('tab', { name: 'Overview' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => page.url()).toContain('tab=logs');
  await page.keyboard.press('End');
  await expect.poll(() => page.url()).toContain('tab=labels');
  await isVisible(page.getByRole('tab', { name: 'Labels', selected: true }));
  expect(visit.findings).toEqual([]);
});

test('an address that names no tab shows the first one', async () => {
  const visit = await openTab('bogus');
  const { page } = visit;
  await isVisible(page.getByRole('tab', { name: 'Overview', selected: true }));
  await isVisible(panel(page).getByText('serverbox-lab/busybox:latest'));
  expect(visit.findings).toEqual([]);
});

test('the log follows the end until one scrolls up', async () => {
  const visit = await openTab('logs');
  const { page } = visit;
  await expect.poll(() => newestLine(page)).toBeGreaterThan(100);
  const before = await newestLine(page);
  await expect.poll(() => newestLine(page)).toBeGreaterThan(before);
  await isVisible(page.getByText('Follows the end'));

  await logOf(page).hover();
  await page.mouse.wheel(0, -1500);
  await isVisible(page.getByText('Stays where you read'));
  await page.getByRole('button', { name: 'Go to the end' }).click();
  await isVisible(page.getByText('Follows the end'));
  expect(visit.findings).toEqual([]);
});

test('the log is searched and hits are stepped through', async () => {
  const visit = await openTab('logs');
  const { page } = visit;
  await expect.poll(() => newestLine(page)).toBeGreaterThan(100);
  const search = page.getByRole('searchbox', { name: 'Search this log' });
  await search.fill('line 77 is here');
  const tools = page.getByRole('toolbar', { name: 'Log tools' });
  await isVisible(tools.getByText('1 lines'));
  await search.press('Enter');
  await isVisible(tools.getByText('1 of 1'));
  await isVisible(page.locator('mark').filter({ hasText: 'line 77 is here' }));
  await search.fill('never written');
  await isVisible(tools.getByText('Not found'));
  expect(visit.findings).toEqual([]);
});

test('the log is narrowed by output and time, wrapped, stamped and cleared', async () => {
  const visit = await openTab('logs');
  const { page } = visit;
  await expect.poll(() => newestLine(page)).toBeGreaterThan(100);
  await page.getByRole('combobox', { name: 'Output' }).click();
  await page.getByRole('option', { name: 'stderr only' }).click();
  await expect.poll(() => logOf(page).innerText()).toMatch(/a complaint\s*$/);
  await page.getByRole('combobox', { name: 'Output' }).click();
  await page.getByRole('option', { name: 'All output' }).click();

  const since = page.waitForRequest(/logs\?.*since=5m/);
  await page.getByRole('combobox', { name: 'From' }).click();
  await page.getByRole('option', { name: 'Last 5 minutes' }).click();
  await since;
  await expect.poll(() => newestLine(page)).toBeGreaterThan(0);

  const wrap = page.getByRole('button', { name: 'Wrap long lines' });
  expect(await wrap.getAttribute('aria-pressed')).toBe('true');
  await wrap.click();
  expect(await wrap.getAttribute('aria-pressed')).toBe('false');
  await expect.poll(() => logOf(page).innerText()).toMatch(/\d\d:\d\d:\d\d/);
  await page.getByRole('button', { name: 'Time of each line' }).click();
  await expect.poll(() => logOf(page).innerText()).not.toMatch(/\d\d:\d\d:\d\d/);
  const newest = await newestLine(page);
  await page.getByRole('button', { name: /^Clear the screen/ }).click();
  await expect.poll(() => newestLine(page)).toBeGreaterThan(newest);
  await expect.poll(() => logOf(page).innerText()).not.toContain(`line ${newest - 1} is here`);
  expect(visit.findings).toEqual([]);
});

test('the log is saved as a text file', async () => {
  const visit = await openTab('logs');
  const { page } = visit;
  const saved = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download as a text file' }).click();
  const download = await saved;
  expect(download.suggestedFilename()).toBe(`${WEB}.log`);
  const text = await readFile(await download.path(), 'utf8');
  expect(text).toContain('line 1 is here');
  expect(text).toContain('a complaint');
  expect(text.split('\n').length).toBeGreaterThan(120);
  expect(visit.findings).toEqual([]);
});

test('the log of a container that does not run has an end', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto(`/nodes/${stage.node.id}/containers/${(await inspect(stage.engine, DONE)).Id}?tab=logs`);
  await isVisible(logOf(page).getByText('finished'));
  await isVisible(page.getByText('The log has ended'));
  expect(visit.findings).toEqual([]);
});

test('a shell inside the container runs what is typed', async () => {
  const visit = await openTab('shell');
  const { page } = visit;
  await typeLine(page, 'echo sum $((40 + 2)) at $(hostname)');
  const { Id: id } = await inspect(stage.engine, WEB);
  await expect.poll(() => screenOf(page)).toContain(`sum 42 at ${id.slice(0, 12)}`);
  expect(visit.findings).toEqual([]);
});

test('the stats of a container are charts of what it uses', async () => {
  const visit = await openTab('stats');
  const { page } = visit;
  expect(await panel(page).getByRole('figure').count()).toBeGreaterThanOrEqual(3);
  await expect
    .poll(() =>
      panel(page)
        .getByRole('figure', { name: /Memory/ })
        .innerText(),
    )
    .toMatch(/\d [KM]i?B/);
  expect(visit.findings).toEqual([]);
});

test('secrets of the environment are masked until they are asked for', async () => {
  const visit = await openTab('env');
  const { page } = visit;
  await isVisible(panel(page).getByText('********'));
  await isVisible(panel(page).getByText('shop window'));
  expect(await page.content()).not.toContain(SECRET);
  await page.getByRole('button', { name: 'Reveal values' }).click();
  const dialog = page.getByRole('dialog', { name: `Reveal the environment of ${WEB}?` });
  await isVisible(dialog.getByText('The audit trail records that you looked, and when.'));
  await dialog.getByRole('button', { name: 'Reveal values' }).click();
  await isVisible(panel(page).getByText(SECRET));
  await page.getByRole('button', { name: 'Mask again' }).click();
  await isGone(panel(page).getByText(SECRET));

  const audit = await (await visit.context.request.get('/api/audit?limit=20')).json();
  expect(audit.items.map((item: { action: string }) => item.action)).toContain('container.reveal');
  expect(JSON.stringify(audit)).not.toContain(SECRET);
  expect(visit.findings).toEqual([]);
});

test('mounts, networks and labels are listed', async () => {
  const visit = await openTab('mounts');
  const { page } = visit;
  const mounts = page.getByRole('table', { name: 'Mounts' });
  await isVisible(mounts.getByText('/srv/data'));
  await isVisible(mounts.getByText('e2e-data'));
  await isVisible(mounts.getByText('/cache'));
  await page.getByRole('tab', { name: 'Networks' }).click();
  await isVisible(panel(page).getByRole('heading', { name: 'bridge' }));
  await isVisible(
    panel(page)
      .getByText(/^\d+\.\d+\.\d+\.\d+$/)
      .first(),
  );
  await page.getByRole('tab', { name: 'Labels' }).click();
  await isVisible(panel(page).getByText('to be looked at'));
  await page.getByRole('searchbox', { name: 'Search labels' }).fill('compose.service');
  await isGone(panel(page).getByText('to be looked at'));
  expect(visit.findings).toEqual([]);
});

test('a container is acted on from its own page and leads back to the list when it goes', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  const name = 'e2e-of-page';
  const id = await runOwn(stage.engine, name);
  await page.goto(`/nodes/${stage.node.id}/containers/${id}`);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Stop container' }).click();
  await isVisible(page.getByRole('button', { name: 'Start', exact: true }));
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Remove…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove container' }).click();
  await hasHeading(page, 'Containers');
  expect(visit.findings).toEqual([]);
});

test('a container that never was is not found, and the page says so', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  visit.expected(/404 /);
  await page.goto(`/nodes/${stage.node.id}/containers/${'0'.repeat(64)}`);
  await isVisible(page.getByText('Could not load this container'));
  expect(visit.findings).toEqual([]);
});
