/** The dashboard in a real Chromium: what has to arrive before somebody can sign in, and how soon it can be used. */
import type { Browser, BrowserContext } from 'playwright-core';
import { ADMIN } from '../test/e2e/box.ts';
import { openBrowser } from '../test/e2e/browser.ts';
import { createContainers, openBenchEngine } from './containers/engine.ts';
import { measureKeys, measureLoad, measureScroll } from './dashboard/live-pages.ts';
import type { Visit } from './dashboard/visit.ts';
import { measureVisit } from './dashboard/visit.ts';
import type { Bench, BenchOptions } from './lib/bench.ts';
import type { Figure } from './lib/figure.ts';
import { interleave } from './lib/interleave.ts';
import type { Product } from './lib/product.ts';
import { startProduct } from './lib/product.ts';
import { median, summarize } from './lib/statistics.ts';

const KB = 1000;
const LOGIN = 'input[type=password]';
/** The table says how many rows it has; only those in view are in the page. */
const listOf = (count: number): string => `table[aria-rowcount="${count + 1}"] tbody tr`;

const loginFigures = (slow: readonly Visit[], desktop: readonly Visit[]): Figure[] => {
  const of = (visits: readonly Visit[], key: keyof Visit) => median(visits.map((visit) => visit[key]));
  return [
    {
      id: 'D1',
      what: 'scripts on the wire before the login can be used',
      unit: 'KB',
      better: 'lower',
      ours: of(desktop, 'scriptBytes') / KB,
      goal: { absolute: 138 },
      isExact: true,
      note: `all bytes ${(of(desktop, 'allBytes') / KB).toFixed(0)} KB; headers included`,
    },
    {
      id: 'D2',
      what: 'login interactive, 4 × slower CPU, 10 Mbit/s, 40 ms',
      unit: 'ms',
      better: 'lower',
      ours: of(slow, 'interactiveMs'),
      goal: { absolute: 1100 },
      note: `first paint ${of(slow, 'firstPaintMs').toFixed(0)} ms; as it is ${of(desktop, 'interactiveMs').toFixed(0)} ms`,
    },
    {
      id: 'D2b',
      what: 'time in which long tasks block, same profile',
      unit: 'ms',
      better: 'lower',
      ours: of(slow, 'blockedMs'),
      goal: { absolute: 350 },
    },
  ];
};

const listFigures = (visits: readonly Visit[], count: number): Figure[] => [
  {
    id: 'D3',
    what: `reload, signed in, until ${count} containers are listed`,
    unit: 'ms',
    better: 'lower',
    ours: median(visits.map(({ interactiveMs }) => interactiveMs)),
    goal: { absolute: 350 },
    note: 'cache off, one node',
  },
  {
    id: 'D3h',
    what: 'heap of the page then',
    unit: 'MB',
    better: 'lower',
    ours: median(visits.map(({ heapBytes }) => heapBytes)) / 1e6,
    goal: { absolute: 20 },
    isExact: true,
  },
];

const openSignedIn = async (browser: Browser, url: string): Promise<BrowserContext> => {
  const context = await browser.newContext({ viewport: { width: 1366, height: 850 } });
  await signInPage(context, url);
  return context;
};

const signInPage = (context: BrowserContext, url: string) =>
  context.request.post(`${url}/auth/login`, { data: { email: ADMIN.email, password: ADMIN.password } });

const measureLive = async (browser: Browser, { box, nodeId }: Product, isQuick: boolean): Promise<Figure[]> => {
  const context = await openSignedIn(browser, box.url);
  try {
    const load = await measureLoad(context, `${box.url}/nodes/${nodeId}`, isQuick ? 5 : 30);
    const keys = summarize(await measureKeys(context, `${box.url}/terminal?node=${nodeId}`, isQuick ? 40 : 240));
    return [
      {
        id: 'D4',
        what: 'page of a node with live charts, share of the main thread',
        unit: '%',
        better: 'lower',
        ours: load.busyPercent,
        goal: { absolute: 8 },
        note: `heap grew by ${load.heapGrowthMb.toFixed(1)} MB meanwhile`,
      },
      {
        id: 'D5',
        what: 'key → glyph in the terminal, p99',
        unit: 'ms',
        better: 'lower',
        ours: keys.p99,
        goal: { absolute: 33 },
        note: `p50 ${keys.p50.toFixed(0)} ms, ${keys.count} keys, drawn without a GPU`,
      },
    ];
  } finally {
    await context.close();
  }
};

const scrollFigure = async (browser: Browser, url: string, rows: string): Promise<Figure> => {
  const context = await openSignedIn(browser, url);
  try {
    return {
      id: 'D6',
      what: 'main thread for a frame of that list while it scrolls',
      unit: 'ms',
      better: 'lower',
      ours: await measureScroll(context, `${url}/containers`, rows),
      goal: { absolute: 16 },
      note: 'CPU time, 120 px a frame',
    };
  } finally {
    await context.close();
  }
};

const run = async ({ isQuick, say }: BenchOptions): Promise<Figure[]> => {
  const count = isQuick ? 100 : 1000;
  const rounds = isQuick ? 2 : 5;
  const { engine, stop } = await openBenchEngine();
  let product: Product | undefined;
  const browser = await openBrowser();
  try {
    await createContainers(engine, count);
    product = await startProduct({ dockerSocket: engine.socketPath });
    const { url } = product.box;
    say('login');
    const login = await interleave(['slow', 'desktop'], rounds, (profile) =>
      measureVisit(browser, { url: `${url}/login`, selector: LOGIN, profile }),
    );
    say('containers');
    const prepare = (context: BrowserContext) => signInPage(context, url);
    const { list } = await interleave(['list'], rounds, () =>
      measureVisit(browser, { url: `${url}/containers`, selector: listOf(count), profile: 'desktop', prepare }),
    );
    say('live pages');
    const scroll = await scrollFigure(browser, url, listOf(count));
    const live = await measureLive(browser, product, isQuick);
    return [...loginFigures(login.slow, login.desktop), ...listFigures(list, count), scroll, ...live];
  } finally {
    await browser.close();
    await product?.stop();
    await stop();
  }
};

export const dashboard: Bench = { id: 'dashboard', title: 'Dashboard', run };
