/**
 * One shell on screen: the xterm instance with its addons and the link to the core, outside React so that it can live on
 * while the user looks at another page. This file and all it imports are the lazy terminal chunk.
 */
import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal } from '@xterm/xterm';
import { inertText } from '../logs/ansi.ts';
import { readClipboard, writeClipboard } from './clipboard.ts';
import { cleanPaste, controlCode, encodeBinary, encodeText, hasSeveralLines } from './input.ts';
import { keepWebgl } from './renderer.ts';
import { ensureSheetElement } from './sheet-element.ts';
import type { ShellTarget } from './shell-target.ts';
import { socketAddress } from './shell-target.ts';
import type { LinkState } from './terminal-link.ts';
import { openTerminalLink } from './terminal-link.ts';
import { readSearchColors, readTerminalTheme } from './theme.ts';

export interface SessionState {
  link: LinkState;
  /** What the program called its window: hostile text, only ever a tab's second line. */
  title: string;
  isCtrlHeld: boolean;
  /** A paste that waits for consent, a link that does, a word about something that just happened. */
  pendingPaste: string | null;
  pendingLink: string | null;
  notice: string | null;
  hits: { position: number; count: number } | null;
}

export interface TerminalLook {
  fontSize: number;
  isBlinking: boolean;
}

export interface TerminalSession {
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
  pasteFromClipboard(): Promise<void>;
  answerPaste(isWanted: boolean): void;
  answerLink(isWanted: boolean): void;
  dismissNotice(): void;
  find(query: string, direction: 'next' | 'previous'): void;
  endFind(): void;
  reopen(): void;
  dispose(): void;
}

export interface SessionOptions {
  target: ShellTarget;
  look: TerminalLook;
  ensureFresh(): Promise<boolean>;
}

const SCROLLBACK_LINES = 10_000;
const MAX_TITLE_CHARS = 60;
/**
 * Leaves whatever mode the lost program had set (alternate screen, mouse reports, bracketed paste, a hidden cursor), or
 * the fresh shell would start inside it.
 */
const LEAVE_MODES = '\x1b[?1049l\x1b[!p\x1b[?1000;1002;1003;1005;1006;1015;2004l\x1b[?25h\x1b[0m';
const FRESH_SHELL = `${LEAVE_MODES}\r\n\x1b[2m── The connection was lost. This is a fresh shell. ──\x1b[0m\r\n`;
const CLIPBOARD_REFUSED = 'A program asked to write to your clipboard. Server Box does not let it.';

const START: SessionState = {
  link: { is: 'connecting' },
  title: '',
  isCtrlHeld: false,
  pendingPaste: null,
  pendingLink: null,
  notice: null,
  hits: null,
};

const createState = () => {
  let current = START;
  const listeners = new Set<() => void>();
  return {
    get: () => current,
    set: (change: Partial<SessionState>) => {
      current = { ...current, ...change };
      for (const listener of listeners) listener();
    },
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};

const createTerminal = (look: TerminalLook, onLink: (uri: string) => void): Terminal =>
  new Terminal({
    allowProposedApi: true, // unicode graphemes and search decorations
    cursorBlink: look.isBlinking,
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--font-mono'),
    fontSize: look.fontSize,
    lineHeight: 1.15,
    linkHandler: { activate: (_event, uri) => onLink(uri) },
    macOptionIsMeta: true,
    minimumContrastRatio: 4.5,
    rightClickSelectsWord: false,
    scrollback: SCROLLBACK_LINES,
    theme: readTerminalTheme(),
  });

const isWebAddress = (uri: string): boolean => URL.canParse(uri) && /^https?:$/.test(new URL(uri).protocol);

/** Opens a shell and everything around it. The terminal draws as soon as it is attached; dispose ends the shell. */
export const createTerminalSession = ({ target, look, ensureFresh }: SessionOptions): TerminalSession => {
  ensureSheetElement();
  const state = createState();
  const element = document.createElement('div');
  element.style.height = '100%';

  const onLink = (uri: string) => {
    if (isWebAddress(uri)) state.set({ pendingLink: uri });
  };
  const terminal = createTerminal(look, onLink);
  const fit = new FitAddon();
  const search = new SearchAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(search);
  terminal.loadAddon(new UnicodeGraphemesAddon());
  terminal.loadAddon(new WebLinksAddon((_event, uri) => onLink(uri)));

  // OSC 52 would let any output, even of `cat`, replace the user's clipboard: taken from the stream and refused.
  terminal.parser.registerOscHandler(52, () => {
    state.set({ notice: CLIPBOARD_REFUSED });
    return true;
  });
  terminal.onTitleChange((title) => state.set({ title: inertText(title).slice(0, MAX_TITLE_CHARS) }));
  search.onDidChangeResults(({ resultIndex, resultCount }) =>
    state.set({ hits: { position: resultIndex + 1, count: resultCount } }),
  );

  const link = openTerminalLink({
    openSocket: (size) => new WebSocket(socketAddress(target, size, window.location.href)),
    size: () => ({ cols: terminal.cols, rows: terminal.rows }),
    onOutput: (bytes, taken) => terminal.write(bytes, taken),
    onState: (next) => state.set({ link: next }),
    onReady: (isFresh) => {
      if (isFresh) terminal.write(FRESH_SHELL);
    },
    ensureFresh,
    schedule: (run, delayMs) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  });

  const send = (text: string) => link.send(encodeText(text));
  terminal.onResize((size) => link.resize(size));
  terminal.onBinary((text) => link.send(encodeBinary(text)));
  terminal.onData((text) => {
    const code = state.get().isCtrlHeld ? controlCode(text) : undefined;
    if (state.get().isCtrlHeld) state.set({ isCtrlHeld: false });
    send(code ?? text);
  });

  const paste = (text: string, isAsked: boolean) => {
    const clean = cleanPaste(text);
    if (clean === '') return;
    if (isAsked) state.set({ pendingPaste: clean });
    else terminal.paste(clean);
  };
  // A program that asked for bracketed paste receives a typed paste as one piece and runs nothing of it by itself.
  element.addEventListener(
    'paste',
    (event) => {
      const text = event.clipboardData?.getData('text/plain') ?? '';
      event.preventDefault();
      event.stopPropagation();
      paste(text, hasSeveralLines(text) && !terminal.modes.bracketedPasteMode);
    },
    { capture: true },
  );
  const copy = async () => {
    if (terminal.hasSelection()) await writeClipboard(terminal.getSelection());
  };
  const pasteFromClipboard = async () => {
    const text = await readClipboard();
    if (text === undefined) {
      state.set({
        notice: 'This browser does not let a page read the clipboard. Press Ctrl+V, or ⌘V on a Mac, to paste.',
      });
    } else paste(text, hasSeveralLines(text));
  };
  element.addEventListener('pointerup', (event) => {
    if (event.button === 0) copy().catch(() => state.set({ notice: 'This browser refused to copy the selection.' }));
  });
  element.addEventListener('contextmenu', (event) => {
    // Shift brings the browser's own menu; a program that follows the mouse gets its right click.
    if (event.shiftKey || terminal.modes.mouseTrackingMode !== 'none') return;
    event.preventDefault();
    pasteFromClipboard().catch(() => state.set({ notice: 'This browser refused to read the clipboard.' }));
  });

  let stopWatching: (() => void) | undefined;
  const fitNow = () => {
    if (element.clientWidth > 0 && element.clientHeight > 0) fit.fit();
  };
  const open = () => {
    if (terminal.element !== undefined) return;
    keepWebgl(terminal);
    terminal.open(element);
  };

  return {
    attach: (host) => {
      host.append(element);
      open();
      const observer = new ResizeObserver(() => requestAnimationFrame(fitNow));
      observer.observe(element);
      stopWatching = () => observer.disconnect();
      fitNow();
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
    copy,
    pasteFromClipboard,
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
      terminal.write(LEAVE_MODES);
      terminal.write('\r\n');
      link.reopen();
    },
    dispose: () => {
      link.close();
      stopWatching?.();
      element.remove();
      terminal.dispose();
    },
  };
};
