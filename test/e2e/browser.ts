/** A real Chromium, watched: whatever it prints to the console or cannot load is a finding. */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { getProgram } from '../../lab/programs.ts';
import { ADMIN, type Box } from './box.ts';

export const SIZES = {
  desktop: { width: 1440, height: 900 },
  tablet: { width: 1024, height: 768 },
  phone: { width: 390, height: 844 },
} as const;
export type Size = keyof typeof SIZES;

/** Chromium's own housekeeping is off: it would call out, and this machine's network is closed. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const openBrowser = (): Promise<Browser> => chromium.launch({ executablePath: getProgram('chromium'), args: FLAGS });

export interface Visit {
  page: Page;
  context: BrowserContext;
  /** Console errors and warnings, page errors and CSP reports since the start or the last `expected`. */
  findings: string[];
  /** Findings that match are what the test provoked; takes them out. */
  expected(pattern: RegExp): void;
}

export const openVisit = async (browser: Browser, box: Pick<Box, 'url'>, size: Size = 'desktop'): Promise<Visit> => {
  const isPhone = size === 'phone';
  const context = await browser.newContext({ baseURL: box.url, viewport: SIZES[size], hasTouch: isPhone, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const findings: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) findings.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => findings.push(`page error: ${error.message}`));
  return {
    page,
    context,
    findings,
    expected: (pattern) => {
      const rest = findings.filter((finding) => !pattern.test(finding));
      findings.splice(0, findings.length, ...rest);
    },
  };
};

/** Signs in through the form, as a person does. */
export const signIn = async (page: Page): Promise<void> => {
  await page.goto('/login');
  await page.getByLabel('E-mail').fill(ADMIN.email);
  await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/login'));
};
