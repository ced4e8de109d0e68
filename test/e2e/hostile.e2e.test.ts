import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LAB_IMAGE } from '../../lab/image.ts';
import { ADMIN } from './box.ts';
import type { Visit } from './browser.ts';
import { hasHeading, isVisible } from './browser.ts';
import { PAYLOADS, SEQUENCES } from './payloads.ts';
import { runOwn } from './scene.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';
import { screenOf, typeLine } from './terminal-screen.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const LOUD = 'e2e-hostile';
const pairs = Object.fromEntries(PAYLOADS.map((payload, index) => [`org.example.k${index}`, payload]));
const keys = Object.fromEntries(PAYLOADS.slice(0, 40).map((payload, index) => [payload, String(index)]));

/** Carries all payloads wherever the engine takes free text, and prints each as a line of its log. */
const LOUD_BODY = {
  Image: LAB_IMAGE,
  Cmd: ['sh', '-c', 'env; env >&2; exec sleep 1000000', ...PAYLOADS.slice(0, 60)],
  Env: PAYLOADS.map((payload, index) => `K${index}=${payload}`),
  Labels: {
    ...pairs,
    ...keys,
    'com.docker.compose.project': PAYLOADS[0],
    'com.docker.compose.service': PAYLOADS[1],
  },
  WorkingDir: `/${PAYLOADS[2]?.replaceAll('/', '')}`,
  Healthcheck: { Test: ['CMD-SHELL', 'env | head -c 3000; exit 1'], Interval: 1e9, Timeout: 1e9, Retries: 1 },
};

/** Many rows of a list, each with names of its own. */
const runCrowd = async (): Promise<void> => {
  for (const [index, payload] of PAYLOADS.slice(0, 24).entries()) {
    await runOwn(stage.engine, `${LOUD}-${index}`, {
      Cmd: ['sh', '-c', 'exit 1', payload],
      Labels: { 'com.docker.compose.project': payload, 'com.docker.compose.service': PAYLOADS[index + 40] },
    });
  }
};

const expectInert = async (visit: Visit, seen?: string): Promise<void> => {
  const { page } = visit;
  if (seen !== undefined) await isVisible(page.getByText(seen).first());
  expect(await page.evaluate(() => document.querySelectorAll('iframe, object, embed, base[href]').length)).toBe(0);
  expect(page.url()).toContain(stage.box.url);
  expect(visit.findings).toEqual([]);
};

const visitTabs = async (visit: Visit, address: string): Promise<void> => {
  const { page } = visit;
  for (const tab of ['overview', 'logs', 'shell', 'stats', 'env', 'mounts', 'networks', 'labels']) {
    await page.goto(`${address}?tab=${tab}`);
    await hasHeading(page, LOUD);
    await isVisible(page.getByRole('tabpanel'));
    if (tab === 'logs') await expect.poll(() => page.getByRole('log').innerText()).toContain('alert(');
    await expectInert(visit, ['labels', 'env'].includes(tab) ? '<script>alert(0)</script>' : undefined);
  }
};

const signInAs = async (userAgent: string): Promise<void> => {
  const answer = await fetch(`${stage.box.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': userAgent },
    body: JSON.stringify(ADMIN),
  });
  expect(answer.status).toBe(200);
};

const isHeaderText = (text: string): boolean => /^[\x20-\x7e]+$/.test(text);

test('IN-16 two hundred payloads are text on every page', async () => {
  expect(new Set(PAYLOADS).size).toBe(200);
  const visit = await stage.visit();
  const { page } = visit;
  const id = await runOwn(stage.engine, LOUD, LOUD_BODY);
  await runCrowd();
  for (const payload of PAYLOADS.filter(isHeaderText).slice(0, 20)) await signInAs(payload);

  await page.goto('/');
  await hasHeading(page, 'Overview');
  await isVisible(page.getByText(LOUD).first());
  await expectInert(visit);
  await page.goto(`/containers?q=${LOUD}`);
  await expectInert(visit, `service ${PAYLOADS[40]}`);
  await page.goto(`/containers?q=${LOUD}&group=project`);
  await expectInert(visit, PAYLOADS[3]);
  await visitTabs(visit, `/nodes/${stage.node.id}/containers/${id}`);
  await page.goto(`/nodes/${stage.node.id}`);
  await hasHeading(page, stage.node.name);
  await expectInert(visit);
  await page.goto('/settings/sessions');
  await isVisible(page.getByText('This session'));
  await expectInert(visit);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search or run' }).fill(LOUD);
  await isVisible(page.getByRole('option', { name: LOUD }).first());
  await expectInert(visit);
});

test('IN-16 payloads in the address are text', async () => {
  const visit = await stage.visit();
  visit.expected(/40[04] /);
  const { page } = visit;
  for (const payload of PAYLOADS.slice(0, 20)) {
    const text = encodeURIComponent(payload);
    for (const address of [`/containers?q=${text}`, `/login?next=${text}`, `/nodes/${text}`, `/${text}`]) {
      await page.goto(address);
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await expectInert(visit);
    }
  }
});

test('IN-16 a node is not named so', async () => {
  const { context } = await stage.visit();
  for (const name of PAYLOADS) {
    const answer = await context.request.patch(`/api/nodes/${stage.node.id}`, {
      data: { name },
      headers: { origin: stage.box.url },
    });
    expect(answer.status()).toBe(400);
  }
});

test('IN-16 the detectors fire', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto('/');
  await hasHeading(page, 'Overview');
  await page.evaluate(() => alert('asked'));
  await page.evaluate(() => document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>'));
  await expect.poll(() => visit.findings.join('\n')).toContain('dialog: asked');
  await expect.poll(() => visit.findings.join('\n')).toContain('CSP report: script-src-attr');
});

const clipboardOf = (page: Page) => page.evaluate(() => navigator.clipboard.readText());

test('IN-17 sequences in a log are shown and not obeyed', async () => {
  const visit = await stage.visit();
  const { page, context } = visit;
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const id = await runOwn(stage.engine, 'e2e-sequences', {
    Cmd: ['sh', '-c', 'printf "%s\\n" "$@"; exec sleep 1000000', 'sh', ...SEQUENCES, 'the last line'],
  });
  await page.goto(`/nodes/${stage.node.id}/containers/${id}?tab=logs`);
  await page.evaluate(() => navigator.clipboard.writeText('mine'));
  const log = page.getByRole('log');
  await isVisible(log.getByText('the last line'));
  const text = await log.innerText();
  for (const words of [']0;owned by osc 0', ']52;c;b3duZWQ=', 'P$q"p', '[21t', 'hidden', '0;owned by c1'])
    expect(text).toContain(words);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be left
  expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  expect(await page.title()).not.toContain('owned');
  expect(await log.getByRole('link').count()).toBe(0);
  expect(await clipboardOf(page)).toBe('mine');
  expect(visit.findings).toEqual([]);
});

test('IN-17 a hostile title of a program is only a label', async () => {
  const visit = await stage.visit();
  const { page } = visit;
  await page.goto(`/terminal?node=${stage.node.id}`);
  await typeLine(page, `PS1='> '; clear; printf '\\033]0;%s\\007' '<img src=x onerror=alert(1)>'; echo done`);
  await expect.poll(() => screenOf(page)).toMatch(/^done$/m);
  await isVisible(page.getByRole('tab', { name: '<img src=x onerror=alert(1)>' }));
  expect(await page.title()).not.toContain('onerror');
  await expectInert(visit);
});
