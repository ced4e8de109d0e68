/**
 * One shell on screen: the xterm instance and the link to the core, outside React so that it can live on while the user
 * looks at another page. This file and all it imports are the lazy terminal chunk.
 */
import '@xterm/xterm/css/xterm.css';
import { controlCode, encodeBinary, encodeText } from './input.ts';
import { keepWebgl } from './renderer.ts';
import { wireClipboard } from './session-clipboard.ts';
import type { SessionState } from './session-state.ts';
import { createStateStore } from './session-state.ts';
import { ensureSheetElement } from './sheet-element.ts';
import type { ShellTarget } from './shell-target.ts';
import { socketAddress } from './shell-target.ts';
import type { TerminalLink, TerminalLinkOptions } from './terminal-link.ts';
import { openTerminalLink } from './terminal-link.ts';
import { readSearchColors, readTerminalTheme } from './theme.ts';
import type { TerminalLook } from './xterm.ts';
import { createScreen } from './xterm.ts';

export interface TerminalSession {
  /** Draws into `host`, which may change from page to page. The shell is opened the first time. */
  attach(host: HTMLElement): void;
  detach(): void;
  focus(): void;
  state(): SessionState;
  subscribe(listener: () => void): () => void;
  setLook(look: TerminalLook): void;
  /** Types for the user: a key of the accessory row. */
  type(text: string): void;
  isApplicationCursor(): boolean;
  holdCtrl(isHeld: boolean): void;
  copy(): Promise<void>;
  paste(): Promise<void>;
  answerPaste(isWanted: boolean): void;
  answerLink(isWanted: boolean): void;
  dismissNotice(): void;
  find(query: string, direction: 'next' | 'previous'): void;
  endFind(): void;
  reopen(): void;
  dispose(): void;
}

interface SessionOptions {
  target: ShellTarget;
  look: TerminalLook;
  ensureFresh: TerminalLinkOptions['ensureFresh'];
}

/**
 * Leaves whatever mode the lost program had set (alternate screen, mouse reports, bracketed paste, a hidden cursor), or
 * the fresh shell would start inside it.
 */
const LEAVE_MODES = '\x1b[?1049l\x1b[!p\x1b[?1000;1002;1003;1005;1006;1015;2004l\x1b[?25h\x1b[0m';
const FRESH_SHELL = `${LEAVE_MODES}\r\n\x1b[2m── The connection was lost. This is a fresh shell. ──\x1b[0m\r\n`;

const schedule = (run: () => void, delayMs: number): (() => void) => {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
};

/** Makes the screen; `attach` opens the shell and `dispose` ends it. */
export const createTerminalSession = ({ target, look, ensureFresh }: SessionOptions): TerminalSession => {
  ensureSheetElement();
  const state = createStateStore();
  const element = document.createElement('div');
  element.style.height = '100%';
  const { terminal, fit, search } = createScreen(look, state);
  const clipboard = wireClipboard(element, terminal, state);
  let link: TerminalLink | undefined;
  let stopWatching: (() => void) | undefined;

  const send = (text: string) => link?.send(encodeText(text));
  terminal.onResize((size) => link?.resize(size));
  terminal.onBinary((text) => link?.send(encodeBinary(text)));
  terminal.onData((text) => {
    const { isCtrlHeld } = state.get();
    if (isCtrlHeld) state.set({ isCtrlHeld: false });
    send((isCtrlHeld ? controlCode(text) : undefined) ?? text);
  });

  const fitNow = () => {
    if (element.clientWidth > 0 && element.clientHeight > 0) fit.fit();
  };
  /** Opened in the page and fitted to it, so that the shell starts with the size that it will have. */
  const openOnce = () => {
    if (link !== undefined) return;
    keepWebgl(terminal);
    terminal.open(element);
    fitNow();
    link = openTerminalLink({
      openSocket: (size) => new WebSocket(socketAddress(target, size, window.location.href)),
      size: () => ({ cols: terminal.cols, rows: terminal.rows }),
      onOutput: (bytes, taken) => terminal.write(bytes, taken),
      onState: (next) => state.set({ link: next }),
      onReady: (isFresh) => {
        if (isFresh) terminal.write(FRESH_SHELL);
      },
      ensureFresh,
      schedule,
    });
  };

  return {
    attach: (host) => {
      host.append(element);
      openOnce();
      const observer = new ResizeObserver(() => requestAnimationFrame(fitNow));
      observer.observe(element);
      stopWatching = () => observer.disconnect();
    },
    detach: () => {
      stopWatching?.();
      element.remove();
    },
    focus: () => terminal.focus(),
    state: state.get,
    subscribe: state.subscribe,
    setLook: (next) => {
      terminal.options.fontSize = next.fontSize;
      terminal.options.cursorBlink = next.isBlinking;
      terminal.options.theme = readTerminalTheme();
      fitNow();
    },
    type: (text) => {
      terminal.scrollToBottom();
      send(text);
    },
    isApplicationCursor: () => terminal.modes.applicationCursorKeysMode,
    holdCtrl: (isCtrlHeld) => state.set({ isCtrlHeld }),
    copy: clipboard.copy,
    paste: clipboard.paste,
    answerPaste: (isWanted) => {
      const text = state.get().pendingPaste;
      state.set({ pendingPaste: null });
      if (isWanted && text !== null) terminal.paste(text);
      terminal.focus();
    },
    answerLink: (isWanted) => {
      const uri = state.get().pendingLink;
      state.set({ pendingLink: null });
      if (isWanted && uri !== null) window.open(uri, '_blank', 'noopener,noreferrer');
    },
    dismissNotice: () => state.set({ notice: null }),
    find: (query, direction) => {
      const options = { decorations: readSearchColors() };
      if (direction === 'next') search.findNext(query, { ...options, incremental: true });
      else search.findPrevious(query, options);
    },
    endFind: () => {
      search.clearDecorations();
      state.set({ hits: null });
    },
    reopen: () => {
      terminal.write(`${LEAVE_MODES}\r\n`);
      link?.reopen();
    },
    dispose: () => {
      link?.close();
      stopWatching?.();
      element.remove();
      terminal.dispose();
    },
  };
};
