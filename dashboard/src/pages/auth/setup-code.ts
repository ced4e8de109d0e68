/** Reads `#code=…` of the link that the server prints; empty when there is none. */
export const codeOfFragment = (fragment: string): string =>
  new URLSearchParams(fragment.replace(/^#/, '')).get('code') ?? '';
