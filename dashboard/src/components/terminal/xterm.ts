/** The xterm instance as this product wants it: its look, its addons, and what it must not do. */
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal } from '@xterm/xterm';
import { readToken } from '../../lib/tokens.ts';
import { inertText } from '../logs/ansi.ts';
import type { StateStore } from './session-state.ts';
import { readTerminalTheme } from './theme.ts';

export interface TerminalLook {
  fontSize: number;
  isBlinking: boolean;
}

interface Screen {
  terminal: Terminal;
  fit: FitAddon;
  search: SearchAddon;
}

const SCROLLBACK_LINES = 10_000;
const MAX_TITLE_CHARS = 60;
const CLIPBOARD_REFUSED = 'A program asked to write to your clipboard. Server Box does not let it.';

const isWebAddress = (uri: string): boolean => URL.canParse(uri) && /^https?:$/.test(new URL(uri).protocol);

export const createScreen = (look: TerminalLook, state: StateStore): Screen => {
  // Output of any program can print a link under any words: it is opened only after its address was shown.
  const askForLink = (_event: MouseEvent, uri: string) => {
    if (isWebAddress(uri)) state.set({ pendingLink: uri });
  };
  const terminal = new Terminal({
    allowProposedApi: true, // unicode graphemes and search decorations
    cursorBlink: look.isBlinking,
    fontFamily: readToken('--font-mono'),
    fontSize: look.fontSize,
    lineHeight: 1.15,
    linkHandler: { activate: askForLink },
    macOptionIsMeta: true,
    minimumContrastRatio: 4.5,
    rightClickSelectsWord: false,
    scrollback: SCROLLBACK_LINES,
    theme: readTerminalTheme(),
  });
  const fit = new FitAddon();
  const search = new SearchAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(search);
  terminal.loadAddon(new UnicodeGraphemesAddon());
  terminal.loadAddon(new WebLinksAddon(askForLink));

  // OSC 52 would let any output, even that of `cat`, replace the user's clipboard: taken from the stream and refused.
  terminal.parser.registerOscHandler(52, () => {
    state.set({ notice: CLIPBOARD_REFUSED });
    return true;
  });
  // An answer to DECRQSS is typed into the shell, where nobody asked for it: any output could make it come.
  terminal.parser.registerDcsHandler({ intermediates: '$', final: 'q' }, () => true);
  terminal.onTitleChange((title) => state.set({ title: inertText(title).slice(0, MAX_TITLE_CHARS) }));
  search.onDidChangeResults(({ resultIndex, resultCount }) =>
    state.set({ hits: { position: resultIndex + 1, count: resultCount } }),
  );
  return { terminal, fit, search };
};
