/** The terminal as a person uses it: keys in, text out. Without a GPU it draws with the DOM, so what it shows can be read. */
import type { Locator, Page } from 'playwright-core';
import { isVisible } from './browser.ts';

/** Keys go into the field that the terminal names for screen readers. */
export const inputOf = (page: Page): Locator => page.getByRole('textbox', { name: 'Terminal input' });

/** All that the screen shows now. */
export const screenOf = (page: Page): Promise<string> => page.getByRole('tabpanel').innerText();

export const typeLine = async (page: Page, line: string): Promise<void> => {
  await untilOpen(page);
  await inputOf(page).focus();
  await page.keyboard.type(line);
  await page.keyboard.press('Enter');
};

/** A shell is there once the banner that says "Opening a shell…" has gone. */
export const untilOpen = async (page: Page): Promise<void> => {
  await inputOf(page).waitFor({ state: 'attached' });
  await page.getByText('Opening a shell…').waitFor({ state: 'hidden' });
  await isVisible(page.getByRole('tabpanel'));
};
