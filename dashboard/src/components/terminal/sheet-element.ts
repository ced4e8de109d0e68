/**
 * xterm writes its theme into <style> elements, which the page's Content-Security-Policy refuses. The build replaces them
 * (`scripts/xterm-csp.ts`) by this element: the same text, adopted as a constructed sheet, which the policy allows because
 * no markup can ever make one.
 */
const SHEET_TAG = 'sb-sheet';

class SheetElement extends HTMLElement {
  readonly #sheet = new CSSStyleSheet();

  override get textContent(): string {
    return '';
  }
  override set textContent(css: string) {
    this.#sheet.replaceSync(css);
  }
  connectedCallback(): void {
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.#sheet];
  }
  disconnectedCallback(): void {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== this.#sheet);
  }
}

/** Has to run before the first terminal opens; more calls do nothing. */
export const ensureSheetElement = (): void => {
  if (customElements.get(SHEET_TAG) === undefined) customElements.define(SHEET_TAG, SheetElement);
};
