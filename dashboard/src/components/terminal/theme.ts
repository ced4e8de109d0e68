import type { ITheme } from '@xterm/xterm';
import { readToken } from '../../lib/tokens.ts';

/** The terminal's colours from the design tokens of the theme in force. Read again when theme or accent change. */
export const readTerminalTheme = (): ITheme => ({
  background: readToken('--term-bg'),
  foreground: readToken('--term-fg'),
  cursor: readToken('--term-cursor'),
  cursorAccent: readToken('--term-bg'),
  selectionBackground: readToken('--term-selection'),
  scrollbarSliderBackground: readToken('--border'),
  scrollbarSliderHoverBackground: readToken('--border-strong'),
  scrollbarSliderActiveBackground: readToken('--border-strong'),
  black: readToken('--term-black'),
  red: readToken('--term-red'),
  green: readToken('--term-green'),
  yellow: readToken('--term-yellow'),
  blue: readToken('--term-blue'),
  magenta: readToken('--term-magenta'),
  cyan: readToken('--term-cyan'),
  white: readToken('--term-white'),
  brightBlack: readToken('--term-bright-black'),
  brightRed: readToken('--term-bright-red'),
  brightGreen: readToken('--term-bright-green'),
  brightYellow: readToken('--term-bright-yellow'),
  brightBlue: readToken('--term-bright-blue'),
  brightMagenta: readToken('--term-bright-magenta'),
  brightCyan: readToken('--term-bright-cyan'),
  brightWhite: readToken('--term-bright-white'),
});

/** Colours of search hits; the addon takes nothing but #rrggbb. */
export const readSearchColors = () => ({
  matchBackground: readToken('--chart-4'),
  matchOverviewRuler: readToken('--chart-4'),
  activeMatchBackground: readToken('--accent'),
  activeMatchColorOverviewRuler: readToken('--accent'),
});
