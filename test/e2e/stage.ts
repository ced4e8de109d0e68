/** What most tests stand on: one core with this machine and Docker, one browser, visits that are already signed in. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { ensureDockerd } from '../../lab/docker.ts';
import type { Engine } from '../../lab/engine.ts';
import { connectEngine } from '../../lab/engine.ts';
import type { Box } from './box.ts';
import { openDataDir, startBox, WITH_ADMIN } from './box.ts';
import type { Visit, VisitOptions } from './browser.ts';
import { openBrowser, openVisit, signIn } from './browser.ts';
import { watchDocker } from './docker-socket.ts';

export interface StageNode {
  id: string;
  name: string;
}

export interface Stage {
  box: Box;
  browser: Browser;
  engine: Engine;
  node: StageNode;
  /** A browser of its own, signed in unless told otherwise; closed after the test. */
  visit(options?: VisitOptions & { isSignedOut?: boolean }): Promise<Visit>;
  /** @throws Error when the core had logged an error or did not end cleanly */
  close(): Promise<void>;
}

const PICTURES_DIR = join(import.meta.dirname, '../../.cache/e2e');

/** A failed test leaves what its visitor saw, as picture and as outline. */
const keepEvidence = async ({ page }: Visit, testName: string): Promise<void> => {
  mkdirSync(PICTURES_DIR, { recursive: true });
  const path = join(PICTURES_DIR, `${testName.replaceAll(/\W+/g, '-').slice(0, 80)}.png`);
  await page.screenshot({ path });
  process.stderr.write(`\n${path} ${page.url()}\n${await page.locator('body').ariaSnapshot()}\n`);
};

/** A visit that ends with the test. */
export const openTestVisit = async (browser: Browser, box: Box, options?: VisitOptions): Promise<Visit> => {
  const visit = await openVisit(browser, box, options);
  onTestFinished(async ({ task }) => {
    try {
      if (task.result?.state === 'fail') await keepEvidence(visit, task.name);
    } finally {
      await visit.context.close();
    }
  });
  return visit;
};

const NODE_TIMEOUT_MS = 20_000;

/** This machine, once it is linked and has told what it is. */
export const findNode = async (box: Box, browser: Browser): Promise<StageNode> => {
  const visit = await openVisit(browser, box);
  try {
    await signIn(visit);
    const deadline = Date.now() + NODE_TIMEOUT_MS;
    while (Date.now() < deadline) {
      const { items } = await (await visit.context.request.get('/api/nodes')).json();
      const [node] = items;
      if (node?.reading != null && node.containerCount !== null) return { id: node.id, name: node.name };
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`this machine did not come online with Docker:\n${box.log()}`);
  } finally {
    await visit.context.close();
  }
};

export const openStage = async (): Promise<Stage> => {
  const docker = await ensureDockerd();
  const dataDir = await openDataDir();
  const box = await startBox(dataDir.path, WITH_ADMIN).then((first) =>
    watchDocker({ box: first, dataDir: dataDir.path, socketPath: docker.socketPath }),
  );
  const browser = await openBrowser();
  const node = await findNode(box, browser);
  return {
    box,
    browser,
    engine: connectEngine(docker.socketPath),
    node,
    visit: async ({ isSignedOut = false, ...options } = {}) => {
      const visit = await openTestVisit(browser, box, options);
      if (!isSignedOut) await signIn(visit);
      return visit;
    },
    close: async () => {
      await browser.close();
      const code = await box.stop();
      await dataDir.remove();
      await docker.stop();
      const errors = box.errors();
      if (code !== 0 || errors.length > 0) throw new Error(`the core ended with ${code}:\n${errors.join('\n')}`);
    },
  };
};
