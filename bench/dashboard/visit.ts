/** One visit of a real Chromium with an empty cache, timed from within the page. */
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';

export type Profile = 'desktop' | 'slow';

export interface Visit {
  /** From the navigation until the awaited element is there and no long task runs any more, in ms. */
  interactiveMs: number;
  firstPaintMs: number;
  /** Sum of what long tasks took beyond 50 ms. */
  blockedMs: number;
  /** Bytes on the wire, headers included. */
  scriptBytes: number;
  allBytes: number;
  heapBytes: number;
}

/** Four times slower than this machine, 10 Mbit/s down, 5 up, 40 ms. */
const CPU_SLOWDOWN = 4;
const NETWORK = { offline: false, latency: 40, downloadThroughput: 10e6 / 8, uploadThroughput: 5e6 / 8 };
const READY_TIMEOUT_MS = 30_000;
const QUIET_MS = 1200;

const throttle = async (cdp: CDPSession): Promise<void> => {
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
  await cdp.send('Network.emulateNetworkConditions', NETWORK);
};

const countBytes = (cdp: CDPSession) => {
  const types = new Map<string, string>();
  const sums = { all: 0, scripts: 0 };
  cdp.on('Network.responseReceived', ({ requestId, type }) => types.set(requestId, type));
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    sums.all += encodedDataLength;
    if (types.get(requestId) === 'Script') sums.scripts += encodedDataLength;
  });
  return sums;
};

/** What `watch-page.mjs` notes in the page. */
interface Seen {
  ready: number;
  paint: number;
  blocked: number;
  lastTask: number;
}

interface Watched {
  benchSeen: Seen;
}

const WATCH_PAGE = fileURLToPath(import.meta.resolve('./watch-page.mjs'));

const measurePage = async (page: Page, url: string, selector: string, profile: Profile): Promise<Visit> => {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.setCacheDisabled', { cacheDisabled: true });
  await cdp.send('Performance.enable');
  if (profile === 'slow') await throttle(cdp);
  const bytes = countBytes(cdp);
  await page.addInitScript({ path: WATCH_PAGE });
  await page.addInitScript(`benchWatch(${JSON.stringify(selector)})`);
  await page.goto(url);
  await page.waitForFunction(() => (globalThis as unknown as Watched).benchSeen.ready > 0, null, {
    timeout: READY_TIMEOUT_MS,
  });
  await page.waitForTimeout(QUIET_MS);
  const seen = await page.evaluate(() => (globalThis as unknown as Watched).benchSeen);
  const { metrics } = await cdp.send('Performance.getMetrics');
  return {
    interactiveMs: Math.max(seen.ready, seen.lastTask),
    firstPaintMs: seen.paint,
    blockedMs: seen.blocked,
    scriptBytes: bytes.scripts,
    allBytes: bytes.all,
    heapBytes: metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? Number.NaN,
  };
};

export interface VisitOptions {
  url: string;
  /** Is there when the page can be used. */
  selector: string;
  profile: Profile;
  /** Runs before the visit, to sign in. */
  prepare?: (context: BrowserContext) => Promise<unknown>;
}

export const measureVisit = async (browser: Browser, options: VisitOptions): Promise<Visit> => {
  const context = await browser.newContext({ viewport: { width: 1366, height: 850 } });
  try {
    await options.prepare?.(context);
    return await measurePage(await context.newPage(), options.url, options.selector, options.profile);
  } finally {
    await context.close();
  }
};
