/**
 * Reads the value of a design token, e.g. `readToken('--chart-1')`, for canvas and terminal, which take no CSS variables.
 * Read again when theme or accent change.
 */
export const readToken = (name: `--${string}`): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
