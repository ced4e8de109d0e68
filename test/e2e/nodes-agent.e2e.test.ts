import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { hasHeading, isVisible } from './browser.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';

const AGENT = join(import.meta.dirname, '../../agent/bin/serverbox-agent');
const run = promisify(execFile);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

/** The value after an option of the shown command. */
const optionOf = (command: string, name: string): string => {
  const value = new RegExp(`--${name} (\\S+)`).exec(command)?.[1];
  if (value === undefined) throw new Error(`the command has no --${name}: ${command}`);
  return value;
};

/** What the installer does with the line, without a service: enrols with its token, and runs. */
const followCommand = async (command: string): Promise<void> => {
  const stateDir = await mkdtemp(join(tmpdir(), 'e2e-agent-'));
  onTestFinished(() => rm(stateDir, { recursive: true, force: true }));
  const enrolled = run(AGENT, [
    ...['enroll', '--state-dir', stateDir, '--core-url', optionOf(command, 'url')],
    ...['--core-key', optionOf(command, 'core-key'), '--services', 'metrics,docker:read', '--token-file', '-'],
  ]);
  enrolled.child.stdin?.end(optionOf(command, 'token'));
  await enrolled;
  const agent = spawn(AGENT, ['run', '--state-dir', stateDir], { stdio: 'ignore' });
  onTestFinished(async () => {
    const exited = once(agent, 'exit');
    agent.kill('SIGTERM');
    await exited;
  });
};

test('the line for a machine is made, and the page sees the machine come', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/nodes/add');
  await page.getByLabel('Name of the node').fill('fresh-agent');
  await page.getByRole('radio', { name: 'Monitor only' }).check();
  await isVisible(page.getByText('The agent refuses everything else'));
  await page.getByRole('button', { name: 'Make the command' }).click();
  const command = await page.getByRole('region', { name: 'Command', exact: true }).innerText();
  expect(command).toContain('--mode monitor');
  await isVisible(page.getByRole('status').filter({ hasText: 'Waiting for fresh-agent' }));
  for (const form of ['Docker', 'Compose']) {
    await page.getByRole('tab', { name: form }).click();
    await expect.poll(() => page.getByRole('region', { name: 'Command', exact: true }).innerText()).toMatch(/docker/);
  }

  await followCommand(command);
  await isVisible(page.getByRole('status').filter({ hasText: 'fresh-agent is here' }));
  await page.getByRole('link', { name: 'Open node' }).click();
  await hasHeading(page, 'fresh-agent');
  await page.getByRole('tab', { name: 'Capabilities' }).click();
  const terminal = page.getByRole('row', { name: /Terminal/ });
  await isVisible(terminal.getByRole('img', { name: 'Does not work' }));
  await page.getByRole('tab', { name: 'Access' }).click();
  await isVisible(page.getByRole('region', { name: 'Command to upgrade' }).getByText(/--upgrade/));
  expect(visit.findings).toEqual([]);
});
