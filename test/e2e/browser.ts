/** A real Chromium, watched: whatever it prints to the console, asks in a dialog or may not load is a finding. */
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { getProgram } from '../../lab/programs.ts';
import type { Box } from './box.ts';
import { ADMIN } from './box.ts';

export const SIZES = {
  desktop: { width: 1440, height: 900 },
  tablet: { width: 1024, height: 768 },
  portrait: { width: 768, height: 1024 },
  phone: { width: 390, height: 844 },
} as const;
export type Size = keyof typeof SIZES;

/** Chromium's own housekeeping is off: it would call out. Without a GPU the terminal draws with the DOM and can be read. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: getProgram('chromium'), args: FLAGS });

export interface Visit {
  page: Page;
  context: BrowserContext;
  /** Console errors and warnings, page errors, dialogs and CSP reports that no `expected` has taken out. */
  findings: string[];
  /** Findings that match are what the test provoked, those so far and those to come. */
  expected(pattern: RegExp): void;
}

export interface VisitOptions {
  size?: Size;
  userAgent?: string;
}

/** Runs in the page: a violation is reported even where nothing is printed. */
const REPORT_VIOLATIONS = `document.addEventListener('securitypolicyviolation', (event) => {
  console.error('CSP report: ' + event.violatedDirective + ' ' + event.blockedURI);
});`;

/** The browser runs on the machine whose containers come and go, and with them its network. */
const IS_OF_THIS_MACHINE = /net::ERR_NETWORK_CHANGED/;

const watch = (page: Page, report: (finding: string) => void): void => {
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type()) || IS_OF_THIS_MACHINE.test(message.text())) return;
    report(`${message.type()}: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => report(`page error: ${error.message}`));
  page.on('dialog', (dialog) => {
    report(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
};

export const openVisit = async (
  browser: Browser,
  box: Pick<Box, 'url'>,
  { size = 'desktop', userAgent }: VisitOptions = {},
): Promise<Visit> => {
  const context = await browser.newContext({
    baseURL: box.url,
    viewport: SIZES[size],
    hasTouch: size === 'phone',
    reducedMotion: 'reduce',
    ...(userAgent === undefined ? {} : { userAgent }),
  });
  await context.addInitScript({ content: REPORT_VIOLATIONS });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const findings: string[] = [];
  const patterns: RegExp[] = [];
  watch(page, (finding) => {
    if (!patterns.some((pattern) => pattern.test(finding))) findings.push(finding);
  });
  return {
    page,
    context,
    findings,
    expected: (pattern) => {
      patterns.push(pattern);
      findings.splice(0, findings.length, ...findings.filter((finding) => !pattern.test(finding)));
    },
  };
};

/** Signs in through the form, as a person does. The page is on the login already. */
export const fillLogin = async (page: Page, password: string = ADMIN.password, email = ADMIN.email): Promise<void> => {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
};

/** Signs in without the form: for tests whose subject comes after it. */
export const signIn = async ({ context }: Pick<Visit, 'context'>, password = ADMIN.password): Promise<void> => {
  const answer = await context.request.post('/auth/login', { data: { email: ADMIN.email, password } });
  if (!answer.ok()) throw new Error(`sign-in was refused: ${await answer.text()}`);
};

export const isVisible = (locator: Locator, timeoutMs?: number): Promise<void> =>
  locator.waitFor({ state: 'visible', ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }) });
export const isGone = (locator: Locator, timeoutMs?: number): Promise<void> =>
  locator.waitFor({ state: 'hidden', ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }) });
export const hasHeading = (page: Page, name: string | RegExp): Promise<void> =>
  isVisible(page.getByRole('heading', { level: 1, name }));
