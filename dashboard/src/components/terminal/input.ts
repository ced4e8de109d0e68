/** What people type and paste, on its way to the shell. Pure: no terminal, no socket. */
import { MAX_TERMINAL_FRAME_BYTES } from '@serverbox/contract/terminal';

const utf8 = new TextEncoder();

/** Text from the keyboard or a paste, as UTF-8. */
export const encodeText = (text: string): Uint8Array => utf8.encode(text);

/** xterm hands over old-style mouse reports as one character per byte; UTF-8 would change those above 127. */
export const encodeBinary = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff);

/** Cuts bytes into frames that the core takes. */
export const toFrames = (bytes: Uint8Array): Uint8Array[] => {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += MAX_TERMINAL_FRAME_BYTES) {
    frames.push(bytes.subarray(at, at + MAX_TERMINAL_FRAME_BYTES));
  }
  return frames;
};

/**
 * A paste is text: control characters other than tab and line ends go. An escape in it could end the shell's bracketed
 * paste early and have the rest run as if it had been typed.
 */
export const cleanPaste = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing control characters is the purpose.
  text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, '');

/** A line end that is not merely the last character would make a shell run something at once. */
export const hasSeveralLines = (text: string): boolean => /[\r\n][^\r\n]|[\r\n]{2}$/.test(text);

/** The control code of a key, as a terminal keyboard would send it with Ctrl held; undefined when there is none. */
export const controlCode = (key: string): string | undefined => {
  const code = key.toUpperCase().charCodeAt(0);
  if (key.length !== 1) return undefined;
  if (code >= 0x40 && code <= 0x5f) return String.fromCharCode(code - 0x40);
  if (key === ' ') return '\x00';
  if (key === '?') return '\x7f';
  return undefined;
};

export type Arrow = 'up' | 'down' | 'right' | 'left';
const ARROWS: Record<Arrow, string> = { up: 'A', down: 'B', right: 'C', left: 'D' };

/** Cursor keys differ once a full-screen program has asked for "application" mode (DECCKM). */
export const arrowSequence = (arrow: Arrow, isApplicationMode: boolean): string =>
  `\x1b${isApplicationMode ? 'O' : '['}${ARROWS[arrow]}`;
