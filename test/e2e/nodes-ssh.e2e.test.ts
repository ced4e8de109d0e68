import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startSshd } from '../../lab/sshd.ts';
import { hasHeading, isGone, isVisible } from './browser.ts';
import { addSshNode, endSshd } from './runs.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';

/** The core looks again by itself while somebody watches. */
const NOTICED_MS = 40_000;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const openSshd = async (port?: number) => {
  const sshd = await startSshd(port === undefined ? {} : { port });
  onTestFinished(() => endSshd(sshd));
  return sshd;
};

test('a machine is added by SSH, and nothing goes there before its host key was accepted', async () => {
  const sshd = await openSshd();
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/nodes');
  await page.getByRole('link', { name: 'Add node' }).click();
  await hasHeading(page, 'Add node');
  await page.getByRole('radio', { name: 'SSH', exact: true }).check();
  await expect.poll(() => page.url()).toContain('way=ssh');

  await page.getByRole('button', { name: 'Connect' }).click();
  await isVisible(page.getByRole('alert').filter({ hasText: 'Give the node a name.' }));
  await isVisible(page.getByRole('alert').filter({ hasText: 'Write a host name' }));

  await page.getByLabel('Name of the node').fill('ssh-first');
  await page.getByLabel('Host', { exact: true }).fill('127.0.0.1');
  await page.getByLabel('Port', { exact: true }).fill(String(sshd.port));
  await page.getByLabel('User', { exact: true }).fill(sshd.username);
  await page.getByLabel('Private key', { exact: true }).last().fill(sshd.privateKey);
  await page.getByRole('button', { name: 'Connect' }).click();

  const panel = page.getByRole('region', { name: 'Host key' });
  await isVisible(panel.getByText(sshd.hostKeyFingerprint));
  await isVisible(panel.getByText('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub'));
  await panel.getByRole('button', { name: 'Accept and connect' }).click();
  await isVisible(page.getByRole('status').filter({ hasText: 'Connected' }));

  await page.getByRole('link', { name: 'Open ssh-first' }).click();
  await hasHeading(page, 'ssh-first');
  await isVisible(page.getByText('Connected by SSH').first());
  expect(visit.findings).toEqual([]);
});

test('a changed host key puts the node into quarantine until somebody has decided', async () => {
  const before = await startSshd();
  const nodeId = await addSshNode(stage, 'ssh-changed', before);
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto(`/nodes/${nodeId}?tab=access`);
  await isVisible(page.getByText('Server Box reaches').first());

  await endSshd(before);
  const after = await openSshd(before.port);
  await isVisible(page.getByText('The host key has changed').first(), NOTICED_MS);
  const panel = page.getByRole('region', { name: 'Host key' });
  await isVisible(panel.getByText(before.hostKeyFingerprint));
  await isVisible(panel.getByText(after.hostKeyFingerprint));
  await isVisible(page.getByText('Waits for a decision').first());

  await panel.getByRole('button', { name: 'Accept the new key' }).click();
  await isGone(panel);
  // The machine was replaced, and with it the keys that it lets in.
  await isVisible(page.getByText('Not connected', { exact: true }).last());
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await page.getByRole('radio', { name: 'Private key' }).check();
  await page.getByLabel('Private key', { exact: true }).last().fill(after.privateKey);
  await page.getByRole('button', { name: 'Save and connect' }).click();
  await isVisible(page.getByText('Server Box reaches').first());
  expect(visit.findings).toEqual([]);
});

test('the doctor tries each hop and says what mends the one that fails', async () => {
  const sshd = await startSshd();
  const nodeId = await addSshNode(stage, 'ssh-doctor', sshd);
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto(`/nodes/${nodeId}`);
  await page.getByRole('tab', { name: 'Doctor' }).click();
  await page.getByRole('button', { name: 'Check the connection' }).click();
  const hops = page.getByRole('region', { name: 'SSH', exact: true }).getByRole('listitem');
  const hop = (name: string) => hops.filter({ has: page.getByText(name, { exact: true }) });
  await isVisible(hop('Host key').getByRole('img', { name: 'In order' }), NOTICED_MS);
  await isVisible(hop('Credential').getByRole('img', { name: 'In order' }));

  await endSshd(sshd);
  await page.getByRole('button', { name: 'Check again' }).click();
  await isVisible(hop('Connection').getByRole('img', { name: 'Failed' }), NOTICED_MS);
  await isVisible(hop('Credential').getByRole('img', { name: 'Skipped' }));
  expect(visit.findings).toEqual([]);
});

test('hosts of an SSH configuration are taken over, and what cannot be is named', async () => {
  const sshd = await openSshd();
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/nodes/add?way=import');
  await page
    .getByLabel('SSH configuration', { exact: true })
    .fill(`Host conf-1\n  HostName 127.0.0.1\n  Port ${sshd.port}\nHost conf-2\n  ProxyCommand nc %h %p\n`);
  await page.getByRole('button', { name: 'Read the hosts' }).click();
  const hosts = page.getByRole('list', { name: 'Hosts' });
  expect(await hosts.getByRole('checkbox', { name: 'conf-1' }).isChecked()).toBe(true);
  expect(await hosts.getByRole('checkbox', { name: 'conf-2' }).isDisabled()).toBe(true);
  await page.getByLabel('User where none is named').fill(sshd.username);
  await page.getByLabel('Private key', { exact: true }).last().fill(sshd.privateKey);
  await page.getByRole('button', { name: 'Add 1 node' }).click();
  const result = page.getByRole('list', { name: 'Results' }).getByRole('listitem', { name: 'conf-1' });
  await isVisible(result.getByText(sshd.hostKeyFingerprint));
  await result.getByRole('button', { name: 'Accept' }).click();
  await isVisible(result.getByText('Connected'));
  expect(visit.findings).toEqual([]);
});
