/**
 * The clipboard API exists only in secure contexts; over plain HTTP in a LAN the old command still copies, because xterm
 * puts its selection into the `copy` event. Reading has no such way out.
 */
export const writeClipboard = async (text: string): Promise<void> => {
  if (navigator.clipboard) await navigator.clipboard.writeText(text);
  else if (!document.execCommand('copy')) throw new Error('The browser refused to copy.');
};

/** The clipboard's text, undefined where the browser does not offer it. Rejects when the user refuses. */
export const readClipboard = async (): Promise<string | undefined> => {
  if (typeof navigator.clipboard?.readText !== 'function') return undefined;
  return await navigator.clipboard.readText();
};
