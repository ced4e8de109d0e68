import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasHeading, isGone, isVisible } from './browser.ts';
import { DONE, ILL, inspect, PAUSED, runOwn, WEB } from './scene.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const rowOf = (page: Page, name: string) =>
  page.getByRole('row').filter({ has: page.getByText(name, { exact: true }) });

const openMenu = async (page: Page, name: string, item: string): Promise<void> => {
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
};

const choose = async (page: Page, select: string, option: string): Promise<void> => {
  await page.getByRole('combobox', { name: select }).click();
  await page.getByRole('option', { name: option }).click();
};

test('the list is searched and filtered by state', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/containers?q=e2e-');
  for (const name of [WEB, ILL, DONE, PAUSED]) await isVisible(rowOf(page, name));

  await choose(page, 'State', 'Stopped');
  await isVisible(rowOf(page, DONE));
  await isGone(rowOf(page, WEB));
  await choose(page, 'State', 'Needs attention');
  await isVisible(rowOf(page, ILL));
  await isVisible(rowOf(page, DONE)); // it ended with code 4
  await isGone(rowOf(page, PAUSED));
  await choose(page, 'State', 'Paused');
  await isVisible(rowOf(page, PAUSED));
  await expect.poll(() => page.url()).toContain('state=paused');

  await page.getByRole('searchbox', { name: 'Search containers' }).fill('nothing is called so');
  await isGone(rowOf(page, PAUSED));
  await page.getByRole('button', { name: /Show all/ }).click();
  await isVisible(rowOf(page, WEB));
  expect(visit.findings).toEqual([]);
});

test('the list is grouped by compose project', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/containers?q=e2e-');
  await page.getByRole('button', { name: 'Group by compose project' }).click();
  await isVisible(page.getByText('Without a project'));
  await isVisible(page.getByText('e2e-shop').first());
  expect(visit.findings).toEqual([]);
});

test('a change made outside appears without a reload', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await runOwn(stage.engine, 'e2e-outside');
  await page.goto('/containers?q=e2e-outside');
  await isVisible(rowOf(page, 'e2e-outside').getByText('Running', { exact: true }));
  await stage.engine.call('POST', '/containers/e2e-outside/kill');
  await isVisible(rowOf(page, 'e2e-outside').getByText('Exited (137)', { exact: true }), 4000);
  await stage.engine.call('DELETE', '/containers/e2e-outside');
  await isGone(rowOf(page, 'e2e-outside'), 4000);
  expect(visit.findings).toEqual([]);
});

test('one container is stopped, started, restarted, paused and resumed', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  const name = 'e2e-acts';
  await runOwn(stage.engine, name);
  await page.goto(`/containers?q=${name}`);
  const state = (words: string) => isVisible(rowOf(page, name).getByText(words, { exact: true }));
  await state('Running');
  /** What ends processes says so first; the rest happens at once. */
  const confirm = async (verb: string) => {
    const dialog = page.getByRole('dialog', { name: `${verb} ${name}?` });
    await isVisible(dialog.getByText(`${name} on ${stage.node.name} stops until it is`));
    expect((await inspect(stage.engine, name)).State.Running).toBe(true);
    await dialog.getByRole('button', { name: `${verb} container` }).click();
  };

  await openMenu(page, name, 'Pause');
  await state('Paused');
  await openMenu(page, name, 'Resume');
  await state('Running');
  await openMenu(page, name, 'Stop…');
  await confirm('Stop');
  await state('Exited (137)');
  expect((await inspect(stage.engine, name)).State.Running).toBe(false);
  await openMenu(page, name, 'Start');
  await state('Running');
  const { StartedAt: before } = (await inspect(stage.engine, name)).State;
  await openMenu(page, name, 'Restart…');
  await confirm('Restart');
  await isVisible(page.getByText(`${name} restarted`));
  expect((await inspect(stage.engine, name)).State.StartedAt).not.toBe(before);

  // What cannot be done now says why.
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  const resume = page.getByRole('menuitem', { name: 'Resume' });
  expect(await resume.getAttribute('aria-disabled')).toBe('true');
  expect(await resume.getAttribute('aria-description')).toContain('it has to be paused');
  expect(visit.findings).toEqual([]);
});

test('a signal is chosen and sent', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  const name = 'e2e-signal';
  await runOwn(stage.engine, name, { Cmd: ['sh', '-c', 'trap "exit 9" USR1; while :; do sleep 0.1; done'] });
  await page.goto(`/containers?q=${name}`);
  await openMenu(page, name, 'Kill…');
  const dialog = page.getByRole('dialog', { name: `Send a signal to ${name}?` });
  await isVisible(dialog.getByText('SIGKILL ends it at once'));
  await dialog.getByRole('combobox', { name: 'Signal' }).click();
  await page.getByRole('option', { name: /SIGUSR1/ }).click();
  await dialog.getByRole('button', { name: 'Send SIGUSR1' }).click();
  await isVisible(rowOf(page, name).getByText('Exited (9)', { exact: true }));
  expect(visit.findings).toEqual([]);
});

test('removing says what goes and asks for the name of a running container', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  const name = 'e2e-doomed';
  const id = await runOwn(stage.engine, name, {
    Volumes: { '/unnamed': {} },
    HostConfig: { Mounts: [{ Type: 'volume', Source: 'e2e-data', Target: '/kept' }] },
  });
  await page.goto(`/containers?q=${name}`);
  await openMenu(page, name, 'Remove…');
  const dialog = page.getByRole('dialog', { name: `Remove ${name}?` });
  await isVisible(dialog.getByText(`${name} is running and will be stopped first.`));
  await isVisible(dialog.getByText('The volume e2e-data stays.'));
  await dialog.getByText('Delete its unnamed volumes too').click();
  await isVisible(dialog.getByText(/The unnamed volume [0-9a-f]+ and all that is in it will be deleted/));

  const confirm = dialog.getByRole('button', { name: 'Remove container' });
  expect(await confirm.getAttribute('aria-disabled')).toBe('true');
  await dialog.getByRole('textbox', { name: `Type ${name} to confirm` }).fill(name);
  await confirm.click();
  await isGone(dialog);
  await isGone(rowOf(page, name));
  await expect(stage.engine.call('GET', `/containers/${id}/json`)).rejects.toThrow('404');
  const { Volumes: volumes } = (await stage.engine.call('GET', '/volumes')) as { Volumes: { Name: string }[] };
  expect(volumes.map(({ Name }) => Name)).toContain('e2e-data');
  expect(visit.findings).toEqual([]);
});

test('cancelling a removal removes nothing', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto(`/containers?q=${DONE}`);
  await openMenu(page, DONE, 'Remove…');
  const dialog = page.getByRole('dialog', { name: `Remove ${DONE}?` });
  await isVisible(dialog.getByText(/What it wrote outside of volumes is lost|Nothing else goes/));
  await page.keyboard.press('Escape');
  await isGone(dialog);
  expect((await inspect(stage.engine, DONE)).State.Status).toBe('exited');
  expect(visit.findings).toEqual([]);
});

test('several are acted on at once, with a result for each', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  const names = ['e2e-bulk-1', 'e2e-bulk-2', 'e2e-bulk-3'];
  for (const name of names) await runOwn(stage.engine, name);
  await stage.engine.call('POST', '/containers/e2e-bulk-3/kill');
  await page.goto('/containers?q=e2e-bulk');
  await isVisible(rowOf(page, 'e2e-bulk-3').getByText('Exited (137)', { exact: true }));
  // The box that is seen stands over the field of the checkbox.
  await page.getByRole('checkbox', { name: 'Select all rows' }).check({ force: true });
  const toolbar = page.getByRole('toolbar', { name: 'Selected rows' });
  await isVisible(toolbar.getByText('3 selected'));

  await toolbar.getByRole('button', { name: 'Stop' }).click();
  const question = page.getByRole('dialog', { name: 'Stop 2 containers?' });
  await isVisible(question.getByText('e2e-bulk-1 on'));
  await isVisible(question.getByText('1 container will be left as they are'));
  await question.getByRole('button', { name: 'Stop 2 containers' }).click();

  const results = page.getByRole('dialog', { name: '3 of 3 done' });
  await isVisible(results);
  const line = (name: string) => results.getByRole('listitem').filter({ hasText: name });
  expect(await line('e2e-bulk-1').innerText()).toContain('Done');
  expect(await line('e2e-bulk-2').innerText()).toContain('Done');
  expect(await line('e2e-bulk-3').innerText()).toContain('Cannot stop a container that is exited');
  await results.getByRole('button', { name: 'Close' }).last().click();
  for (const name of names) expect((await inspect(stage.engine, name)).State.Running).toBe(false);
  expect(visit.findings).toEqual([]);
});

test('rows are walked and opened by keyboard', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/containers?q=e2e-&sort=name');
  // Only the scene is left of what other tests had made.
  await expect.poll(() => page.getByRole('row').count()).toBe(5);
  await rowOf(page, DONE).focus();
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => rowOf(page, ILL).evaluate((row) => row === document.activeElement)).toBe(true);
  await page.keyboard.press('Enter');
  await hasHeading(page, ILL);
  expect(visit.findings).toEqual([]);
});
