import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SshServer } from '../../lab/sshd.ts';
import { startSshd } from '../../lab/sshd.ts';
import { hasHeading, isGone, isVisible } from './browser.ts';
import { addSshNode } from './runs.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';

let stage: Stage;
let sshd: SshServer;
let second: string;
beforeAll(async () => {
  stage = await openStage();
  sshd = await startSshd();
  second = await addSshNode(stage, 'fleet-two', sshd);
});
afterAll(async () => {
  await stage.close();
  await sshd.stop();
});

test('nodes are tagged together, and a group follows the tags', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/nodes');
  await page.getByRole('checkbox', { name: `Select ${stage.node.name}` }).check();
  await page.getByRole('checkbox', { name: 'Select fleet-two' }).check();
  await page.getByRole('toolbar', { name: 'Selected rows' }).getByRole('button', { name: 'Tags' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Tags to add' }).fill('Env:Prod');
  await dialog.getByRole('textbox', { name: 'Tags to add' }).press('Enter');
  await dialog.getByRole('button', { name: 'Change tags' }).click();
  await isVisible(page.getByText('2 of 2 done'));
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  await isVisible(page.getByRole('row', { name: 'fleet-two' }).getByText('env:prod'));

  await page.goto(`/nodes/${second}`);
  await page.getByRole('button', { name: 'Edit tags' }).click();
  await page.getByRole('textbox', { name: 'Tags' }).fill('has a space');
  await page.getByRole('textbox', { name: 'Tags' }).press('Enter');
  await isVisible(page.getByRole('alert').filter({ hasText: 'has only letters' }));
  await page.getByRole('textbox', { name: 'Tags' }).fill('team/shop');
  await page.getByRole('textbox', { name: 'Tags' }).press('Enter');
  await page.getByRole('button', { name: 'Save tags' }).click();
  await isVisible(page.getByText('team/shop', { exact: true }));
  expect(visit.findings).toEqual([]);
});

test('a group is made, filters the list, is changed and removed', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/nodes');
  await page.getByRole('button', { name: 'New group' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Databases');
  await page.getByRole('textbox', { name: 'Tags' }).fill('role:db');
  await page.getByRole('textbox', { name: 'Tags' }).press('Enter');
  await isVisible(page.getByText('0 of 2 nodes fit.'));
  await page.getByRole('button', { name: 'Create group' }).click();
  await expect.poll(() => page.url()).toContain('group=');
  await isVisible(page.getByText('No node matches'));

  await page.getByRole('button', { name: 'Change group Databases' }).click();
  await page.getByRole('menuitem', { name: 'Change name or rule' }).click();
  await page.getByRole('button', { name: 'Take away role:db' }).click();
  await page.getByRole('button', { name: 'env:prod', exact: true }).click();
  await page.getByRole('button', { name: 'Save group' }).click();
  await isVisible(page.getByRole('row', { name: 'fleet-two' }));

  await page.getByRole('button', { name: 'Change group Databases' }).click();
  await page.getByRole('menuitem', { name: 'Remove group' }).click();
  await page.getByRole('button', { name: 'Remove group' }).click();
  await isGone(page.getByRole('button', { name: /^Databases/ }));
  expect(visit.findings).toEqual([]);
});

test('a favourite is kept and filters the list', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/nodes');
  const star = page.getByRole('button', { name: 'Favourite fleet-two' });
  await star.click();
  await expect.poll(() => star.getAttribute('aria-pressed')).toBe('true');
  await page.getByRole('button', { name: 'Only favourites' }).click();
  await isGone(page.getByRole('row', { name: stage.node.name }));
  await page.reload();
  await isVisible(page.getByRole('row', { name: 'fleet-two' }));
  expect(await page.getByRole('row', { name: stage.node.name }).count()).toBe(0);
  expect(visit.findings).toEqual([]);
});

test('a note is written as plain text', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto(`/nodes/${second}`);
  await page.getByRole('button', { name: 'Write a note' }).click();
  await page.getByRole('textbox', { name: 'Note' }).fill('<b>Ask Ada</b>\nbefore a reboot');
  await page.getByRole('button', { name: 'Save note' }).click();
  await isVisible(page.getByText('<b>Ask Ada</b>'));
  expect(visit.findings).toEqual([]);
});

test('a fleet command runs on two nodes, groups the same output, and keeps its own address', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/nodes');
  await page.getByRole('checkbox', { name: `Select ${stage.node.name}` }).check();
  await page.getByRole('checkbox', { name: 'Select fleet-two' }).check();
  await page.getByRole('button', { name: 'Run a command' }).click();
  await hasHeading(page, 'New command');
  await page.getByRole('radio', { name: 'Script' }).check();
  await page.getByRole('textbox', { name: 'Script' }).fill('printf "\\033[31mred\\033[0m <b>x</b>\\n"; exit 3');
  await page.getByRole('button', { name: 'Run on 2 nodes' }).click();
  const dialog = page.getByRole('dialog');
  await isVisible(
    dialog.getByText(`On fleet-two, ${stage.node.name}.`).or(dialog.getByText(`On ${stage.node.name}, fleet-two.`)),
  );
  await dialog.getByRole('button', { name: 'Run on 2 nodes' }).click();

  const results = page.getByRole('list', { name: 'Results' });
  await expect.poll(() => results.getByText('Exit code 3').count()).toBe(2);
  await isVisible(page.getByRole('region', { name: 'Output of fleet-two' }).getByText('red', { exact: true }));
  await isVisible(page.getByRole('region', { name: 'Output of fleet-two' }).getByText('<b>x</b>'));
  await page.getByRole('button', { name: 'Group the same output' }).click();
  await isVisible(page.getByText('2 nodes with the same answer'));
  await page.reload();
  await isVisible(page.getByText('2 nodes with the same answer'));
  await page.getByRole('button', { name: /^Failed/ }).click();
  await expect.poll(() => page.url()).toContain('result=failed');

  await page.goto('/runs');
  await page.getByRole('row', { name: /printf/ }).click();
  await isVisible(page.getByRole('link', { name: 'Run again' }));
  expect(visit.findings).toEqual([]);
});

test('a command under way is cancelled where it runs', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto(`/runs/new?node=${second}`);
  await page.getByRole('textbox', { name: 'Program and its arguments' }).fill('sleep 600');
  await page.getByRole('button', { name: 'Run on 1 node' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Run on 1 node' }).click();
  await isVisible(page.getByRole('list', { name: 'Results' }).getByText('Running'));
  await page.getByRole('button', { name: 'Cancel command' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel command' }).click();
  await isVisible(page.getByRole('list', { name: 'Results' }).getByText('Cancelled', { exact: true }));
  await isVisible(page.getByText('Ended', { exact: true }));
  expect(visit.findings).toEqual([]);
});

test('a node is removed after its name was typed, and the list forgets it', async () => {
  const id = await addSshNode(stage, 'fleet-gone', sshd);
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto(`/nodes/${id}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Remove node' }).click();
  await page.getByLabel('Type fleet-gone to confirm').fill('fleet-gone');
  await page.getByRole('button', { name: 'Remove node' }).click();
  await hasHeading(page, 'Nodes');
  await isVisible(page.getByRole('row', { name: 'fleet-two' }));
  expect(await page.getByRole('row', { name: 'fleet-gone' }).count()).toBe(0);
  expect(visit.findings).toEqual([]);
});
