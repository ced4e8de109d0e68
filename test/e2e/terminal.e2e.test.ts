import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Visit } from './browser.ts';
import { isGone, isVisible } from './browser.ts';
import { WEB } from './scene.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';
import { inputOf, screenOf, typeLine, untilOpen } from './terminal-screen.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const openShell = async (): Promise<Visit> => {
  const visit = await stage.visit();
  await visit.page.goto(`/terminal?node=${stage.node.id}`);
  await untilOpen(visit.page);
  // A short prompt: what a person's own configuration prints is not the subject.
  await typeLine(visit.page, "PS1='> '; clear");
  return visit;
};

/** The size that the program at the other end believes in. */
const sizeOf = async (page: Page): Promise<{ rows: number; cols: number }> => {
  const mark = `size${Math.random().toString(36).slice(2, 8)}`;
  await typeLine(page, `clear; echo "${mark.slice(0, 4)}""${mark.slice(4)} $(stty size)"`);
  const pattern = new RegExp(`${mark} (\\d+) (\\d+)`);
  await expect.poll(() => screenOf(page)).toMatch(pattern);
  const [, rows, cols] = pattern.exec(await screenOf(page)) ?? [];
  return { rows: Number(rows), cols: Number(cols) };
};

test('what is typed runs on the node and is shown', async () => {
  const visit = await openShell();
  const { page } = visit;
  await typeLine(page, 'echo sum $((40 + 2))');
  await expect.poll(() => screenOf(page)).toContain('sum 42');
  // The wish has left the address: a reload does not open shell after shell.
  expect(new URL(page.url()).search).toBe('');
  expect(visit.findings).toEqual([]);
});

test('a full-screen program draws, takes keys and gives the screen back', async () => {
  const visit = await openShell();
  const { page } = visit;
  await typeLine(page, 'echo before the program');
  await typeLine(page, 'vi -u NONE -c "set noswapfile" /etc/os-release');
  await expect.poll(() => screenOf(page)).toContain('PRETTY_NAME');
  expect(await screenOf(page)).not.toContain('before the program');
  await page.keyboard.type(':set number\n');
  await expect.poll(() => screenOf(page)).toMatch(/1 PRETTY_NAME/);
  await page.keyboard.type(':q!\n');
  await expect.poll(() => screenOf(page)).toContain('before the program');
  expect(await screenOf(page)).not.toContain('PRETTY_NAME');
  expect(visit.findings).toEqual([]);
});

test('the program follows the size of the window', async () => {
  const visit = await openShell();
  const { page } = visit;
  const wide = await sizeOf(page);
  expect(wide.cols).toBeGreaterThan(100);
  await page.setViewportSize({ width: 900, height: 600 });
  await expect.poll(async () => (await sizeOf(page)).cols, { timeout: 10_000 }).toBeLessThan(wide.cols);
  const narrow = await sizeOf(page);
  expect(narrow.rows).toBeLessThan(wide.rows);
  expect(visit.findings).toEqual([]);
});

test('every letter of a paste arrives, and several lines ask first', async () => {
  const visit = await openShell();
  const { page, context } = visit;
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const text = 'grüße 世界 žluťoučký 🎉';
  await page.evaluate((words) => navigator.clipboard.writeText(words), `echo "<${text}>" | od -An -tx1 | tr -d " \\n"`);
  await inputOf(page).focus();
  await page.keyboard.press('Control+Shift+V');
  await expect.poll(() => screenOf(page)).toContain('od -An');
  await page.keyboard.press('Enter');
  const hex = Buffer.from(`<${text}>\n`).toString('hex');
  await expect.poll(async () => (await screenOf(page)).replaceAll('\n', '')).toContain(hex);

  await page.evaluate(() => navigator.clipboard.writeText('echo first\necho second\n'));
  await inputOf(page).focus();
  await page.keyboard.press('Control+Shift+V');
  const dialog = page.getByRole('dialog', { name: 'Paste several lines?' });
  await isVisible(dialog.getByText('echo second'));
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await isGone(dialog);
  expect(await screenOf(page)).not.toContain('echo second');
  expect(visit.findings).toEqual([]);
});

test('two shells live side by side and outlive a look at another page', async () => {
  const visit = await openShell();
  const { page } = visit;
  await typeLine(page, 'echo I am the first');
  await page.getByRole('button', { name: 'New shell on…' }).click();
  await page.getByRole('menuitem', { name: WEB }).click();
  await untilOpen(page);
  await typeLine(page, 'echo second is $((1 + 1))');
  await expect.poll(() => screenOf(page)).toContain('second is 2');
  expect(await screenOf(page)).not.toContain('I am the first');
  const tabs = page.getByRole('tablist', { name: 'Open shells' });
  expect(await tabs.getByRole('tab').count()).toBe(2);

  await page.getByRole('link', { name: 'Containers', exact: true }).click();
  await isVisible(page.getByRole('table', { name: 'Containers' }));
  await page.getByRole('link', { name: 'Terminal', exact: true }).click();
  await expect.poll(() => screenOf(page)).toContain('second is 2');
  await tabs.getByRole('tab').first().click();
  await expect.poll(() => screenOf(page)).toContain('I am the first');
  await page.getByRole('button', { name: `Close the shell on ${stage.node.name}` }).click();
  await expect.poll(() => tabs.getByRole('tab').count()).toBe(1);
  expect(visit.findings).toEqual([]);
});

test('a shell that exits says its code and can be opened again', async () => {
  const visit = await openShell();
  const { page } = visit;
  await typeLine(page, 'exit 3');
  await isVisible(page.getByText('The shell has exited with code 3.'));
  await page.getByRole('button', { name: 'Open again' }).click();
  await isGone(page.getByText('The shell has exited with code 3.'));
  await typeLine(page, 'echo again $((20 + 3))');
  await expect.poll(() => screenOf(page)).toContain('again 23');
  expect(visit.findings).toEqual([]);
});

test('a flood of output can be interrupted', async () => {
  const visit = await openShell();
  const { page } = visit;
  await typeLine(page, 'yes flood');
  await expect.poll(() => screenOf(page)).toContain('flood\nflood');
  await page.keyboard.press('Control+c');
  await typeLine(page, 'clear; echo calm $((2 + 2))');
  await expect.poll(() => screenOf(page), { timeout: 20_000 }).toMatch(/^calm 4$/m);
  expect(visit.findings).toEqual([]);
});

test('text on the screen is found', async () => {
  const visit = await openShell();
  const { page } = visit;
  await typeLine(page, 'seq 1 300');
  await inputOf(page).focus();
  await page.keyboard.press('Control+Shift+F');
  await page.getByRole('textbox', { name: 'Search in the terminal' }).fill('277');
  await isVisible(page.getByRole('search').getByRole('status').filter({ hasText: '1' }));
  await page.keyboard.press('Escape');
  await isGone(page.getByRole('textbox', { name: 'Search in the terminal' }));
  expect(visit.findings).toEqual([]);
});

test('IN-17 the terminal neither writes the clipboard nor answers without consent', async () => {
  const visit = await openShell();
  const { page, context } = visit;
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate(() => navigator.clipboard.writeText('mine'));
  const secret = Buffer.from('stolen').toString('base64');
  await typeLine(page, `printf '\\033]52;c;${secret}\\007'`);
  await isVisible(page.getByText('A program asked to write to your clipboard.'));
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('mine');

  // A title is a label of the tab; asked back, it would be typed into the shell.
  await typeLine(
    page,
    `printf '\\033]0;echo typed-by-title\\007\\033[21t\\033P$q"p\\033\\\\'; sleep 0.3; echo; echo over`,
  );
  await expect.poll(() => screenOf(page)).toMatch(/^over$/m);
  expect(await screenOf(page)).not.toMatch(/^typed-by-title$/m);

  const pages = context.pages().length;
  await typeLine(page, `printf '\\033]8;;https://evil.example/\\033\\\\press me\\033]8;;\\033\\\\\\n'`);
  await expect.poll(() => screenOf(page)).toMatch(/^press\sme\s*$/m);
  // The terminal takes the pointer itself and finds the link below it.
  const link = page
    .getByRole('tabpanel')
    .getByText(/^press\sme/)
    .last();
  await link.hover({ force: true });
  await link.click({ force: true });
  const dialog = page.getByRole('dialog', { name: 'Open this address?' });
  await isVisible(dialog.getByText('https://evil.example/'));
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect(context.pages().length).toBe(pages);
  expect(visit.findings).toEqual([]);
});
