/** Pages that live: a terminal that is typed into, and a node whose charts move each second. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BrowserContext } from 'playwright-core';
import { inputOf, typeLine, untilOpen } from '../../test/e2e/terminal-screen.ts';

const WATCH_KEYS = fileURLToPath(import.meta.resolve('./watch-keys.mjs'));
const KEY_PAUSE_MS = 40;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';
const LINE_KEYS = 60;

/** From each key to its glyph, in ms. */
export const measureKeys = async (context: BrowserContext, url: string, keys: number): Promise<number[]> => {
  const page = await context.newPage();
  await page.goto(url);
  await untilOpen(page);
  await typeLine(page, "PS1='> '; clear");
  await page.waitForTimeout(500);
  const session = await context.newCDPSession(page);
  // Not a script element: the page's own policy forbids those, and rightly so.
  await session.send('Runtime.evaluate', { expression: `${await readFile(WATCH_KEYS, 'utf8')};benchWatchKeys()` });
  await inputOf(page).focus();
  for (let index = 1; index <= keys; index += 1) {
    await page.keyboard.press(ALPHABET.charAt(index % ALPHABET.length));
    await page.waitForTimeout(KEY_PAUSE_MS);
    // The line is emptied before it wraps.
    if (index % LINE_KEYS === 0) await page.keyboard.press('Control+u');
  }
  const times = await page.evaluate(() => (globalThis as unknown as { benchKeys: number[] }).benchKeys);
  await page.close();
  return times;
};

export interface PageLoad {
  /** Of the main thread. */
  busyPercent: number;
  heapGrowthMb: number;
}

/** What a page costs that is only looked at. */
export const measureLoad = async (context: BrowserContext, url: string, seconds: number): Promise<PageLoad> => {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForTimeout(5000);
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  const read = async (name: string): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  };
  const readHeap = async (): Promise<number> => {
    await session.send('HeapProfiler.collectGarbage');
    return read('JSHeapUsedSize');
  };
  const heap = await readHeap();
  const [busy, at] = [await read('TaskDuration'), performance.now()];
  await page.waitForTimeout(seconds * 1000);
  const busyPercent = (((await read('TaskDuration')) - busy) / ((performance.now() - at) / 1000)) * 100;
  const heapGrowthMb = ((await readHeap()) - heap) / 1e6;
  await page.close();
  return { busyPercent, heapGrowthMb };
};

const SCROLL_FRAMES = 120;
/** Between two and three rows a frame: a brisk turn of the wheel. */
const SCROLL_STEP_PX = 120;

/** Runs in the page. */
const SCROLL = `(async () => {
  for (let frame = 1; frame <= ${SCROLL_FRAMES}; frame += 1) {
    scrollTo(0, frame * ${SCROLL_STEP_PX});
    await new Promise(requestAnimationFrame);
  }
})()`;

/** Main-thread CPU of one frame while a long list scrolls, in ms. */
export const measureScroll = async (context: BrowserContext, url: string, selector: string): Promise<number> => {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  // CPU time of the thread: how busy the machine is besides does not count.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(url);
  await page.locator(selector).first().waitFor();
  await page.waitForTimeout(2000);
  const readMs = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1000;
  };
  const before = await readMs();
  await page.evaluate(SCROLL);
  const perFrameMs = ((await readMs()) - before) / SCROLL_FRAMES;
  await page.close();
  return perFrameMs;
};
