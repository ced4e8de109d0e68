/** Copy on select, paste on right click, and consent before several lines go to a shell at once. */
import type { Terminal } from '@xterm/xterm';
import { readClipboard, writeClipboard } from './clipboard.ts';
import { cleanPaste, hasSeveralLines } from './input.ts';
import type { StateStore } from './session-state.ts';

const READING_IS_NOT_OFFERED =
  'This browser does not let a page read the clipboard. Press Ctrl+V, or ⌘V on a Mac, to paste.';

interface SessionClipboard {
  copy(): Promise<void>;
  paste(): Promise<void>;
}

export const wireClipboard = (element: HTMLElement, terminal: Terminal, state: StateStore): SessionClipboard => {
  const take = (text: string, isAskedFor: boolean) => {
    const clean = cleanPaste(text);
    if (clean === '') return;
    if (isAskedFor) state.set({ pendingPaste: clean });
    else terminal.paste(clean);
  };
  const copy = async () => {
    if (!terminal.hasSelection()) return;
    try {
      await writeClipboard(terminal.getSelection());
    } catch {
      // The browser's own refusal says nothing to people.
      state.set({ notice: 'This browser refused to copy the selection.' });
    }
  };
  const paste = async () => {
    try {
      const text = await readClipboard();
      if (text === undefined) state.set({ notice: READING_IS_NOT_OFFERED });
      else take(text, hasSeveralLines(text));
    } catch {
      state.set({ notice: 'This browser refused to read the clipboard.' });
    }
  };

  element.addEventListener(
    'paste',
    (event) => {
      const text = event.clipboardData?.getData('text/plain') ?? '';
      event.preventDefault();
      event.stopPropagation();
      // A program that asked for bracketed paste takes it as one piece and runs nothing of it by itself.
      take(text, hasSeveralLines(text) && !terminal.modes.bracketedPasteMode);
    },
    { capture: true },
  );
  element.addEventListener('pointerup', (event) => {
    if (event.button === 0 && event.pointerType === 'mouse') void copy();
  });
  element.addEventListener('contextmenu', (event) => {
    // Shift brings the browser's own menu; a program that follows the mouse gets its right click.
    if (event.shiftKey || terminal.modes.mouseTrackingMode !== 'none') return;
    event.preventDefault();
    void paste();
  });
  return { copy, paste };
};
