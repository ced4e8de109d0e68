/**
 * Reads one log line as people should see it: SGR sequences (ECMA-48 8.3.117) become styles, every other escape or
 * control character becomes visible, inert text. A log line can therefore never move a cursor, set a title or hide
 * what it says. Each line starts from the default style: lines are read in any order while one scrolls.
 */

/** Index into the sixteen terminal colours of the theme; richer palettes are mapped to the nearest of them. */
type AnsiColor = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15;

export interface AnsiStyle {
  fg: AnsiColor | null;
  bg: AnsiColor | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  strike: boolean;
  inverse: boolean;
}
export interface AnsiSpan {
  text: string;
  style: AnsiStyle;
}

const PLAIN: AnsiStyle = {
  fg: null,
  bg: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  inverse: false,
};

// "Conceal" (8) and blinking (5, 6) are left out on purpose: a log must not be able to hide text from its reader.
const FLAGS: Record<number, Partial<AnsiStyle>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  29: { strike: false },
  39: { fg: null },
  49: { bg: null },
};

// A representative of each of the sixteen, only to measure distance; what is drawn comes from the theme.
const REFERENCE: readonly (readonly [number, number, number])[] = [
  [0, 0, 0],
  [205, 0, 0],
  [0, 205, 0],
  [205, 205, 0],
  [0, 0, 238],
  [205, 0, 205],
  [0, 205, 205],
  [229, 229, 229],
  [127, 127, 127],
  [255, 0, 0],
  [0, 255, 0],
  [255, 255, 0],
  [92, 92, 255],
  [255, 0, 255],
  [0, 255, 255],
  [255, 255, 255],
];

const nearestColor = (r: number, g: number, b: number): AnsiColor => {
  let best = 0;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const [index, [cr, cg, cb]] of REFERENCE.entries()) {
    const distance = (r - cr) ** 2 + (g - cg) ** 2 + (b - cb) ** 2;
    if (distance < bestDistance) {
      best = index;
      bestDistance = distance;
    }
  }
  return best as AnsiColor;
};

/** The 256-colour palette: 16 named, a 6×6×6 cube, 24 greys. */
const paletteColor = (index: number): AnsiColor => {
  if (index < 16) return index as AnsiColor;
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return nearestColor(grey, grey, grey);
  }
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return nearestColor(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
};

const byte = (value: number | undefined): number => Math.min(255, Math.max(0, value ?? 0));

/** Reads `5;n` or `2;r;g;b` after a 38 or 48. Returns how many parameters were eaten. */
const extendedColor = (rest: readonly number[]): { color: AnsiColor | null; eaten: number } => {
  if (rest[0] === 5) return { color: paletteColor(byte(rest[1])), eaten: 2 };
  if (rest[0] === 2) return { color: nearestColor(byte(rest[1]), byte(rest[2]), byte(rest[3])), eaten: 4 };
  return { color: null, eaten: rest.length };
};

const basicColor = (code: number): Partial<AnsiStyle> => {
  if (code >= 30 && code <= 37) return { fg: (code - 30) as AnsiColor };
  if (code >= 90 && code <= 97) return { fg: (code - 82) as AnsiColor };
  if (code >= 40 && code <= 47) return { bg: (code - 40) as AnsiColor };
  if (code >= 100 && code <= 107) return { bg: (code - 92) as AnsiColor };
  return {};
};

const applySgr = (style: AnsiStyle, params: string): AnsiStyle => {
  const codes = params.split(/[;:]/).map((part) => (part === '' ? 0 : Number(part)));
  let next = style;
  for (let i = 0; i < codes.length; i += 1) {
    const code = codes[i] ?? 0;
    if (code === 0) next = PLAIN;
    else if (code === 38 || code === 48) {
      const { color, eaten } = extendedColor(codes.slice(i + 1));
      next = code === 38 ? { ...next, fg: color } : { ...next, bg: color };
      i += eaten;
    } else next = { ...next, ...(FLAGS[code] ?? basicColor(code)) };
  }
  return next;
};

const hex = (char: string): string => (char.codePointAt(0) ?? 0).toString(16).toUpperCase();

/**
 * Makes control characters visible in plain ASCII, which every font has: C0 in caret notation (`^[` is escape), C1 and
 * bidirectional overrides (which could show a line in another order than it was written) by their code.
 */
export const inertText = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose.
    .replace(/[\x00-\x08\x0a-\x1f]/g, (char) => `^${String.fromCharCode(0x40 + char.charCodeAt(0))}`)
    .replace(/\x7f/g, '^?')
    .replace(/[\x80-\x9f]/g, (char) => `\\x${hex(char)}`)
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/g, (char) => `\\u${hex(char)}`);

// Longer parameter lists are not from any program that draws for people; they are shown as text.
// biome-ignore lint/suspicious/noControlCharactersInRegex: ESC starts every sequence.
const SGR = /\x1b\[([0-9;:]{0,64})m/g;

/** Splits a line into styled pieces of inert text. A trailing carriage return is part of the line end, not of the text. */
export const parseAnsi = (line: string): AnsiSpan[] => {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  const spans: AnsiSpan[] = [];
  let style = PLAIN;
  let from = 0;
  const take = (to: number) => {
    if (to > from) spans.push({ text: inertText(text.slice(from, to)), style });
  };
  for (const match of text.matchAll(SGR)) {
    take(match.index);
    style = applySgr(style, match[1] ?? '');
    from = match.index + match[0].length;
  }
  take(text.length);
  return spans;
};

/** The line as it is read on screen, without styles: what search looks at and copying yields. */
export const plainText = (spans: readonly AnsiSpan[]): string => spans.map((span) => span.text).join('');

const FLAG_NAMES = ['bold', 'dim', 'italic', 'underline', 'strike'] as const;

/** Names of the classes in `LogLine.module.css`; inverse swaps the two colours, with the theme's own as defaults. */
export const styleNames = (style: AnsiStyle): string[] => {
  const names: string[] = FLAG_NAMES.filter((flag) => style[flag]);
  const [fg, bg] = style.inverse ? [style.bg ?? 'bg', style.fg ?? 'fg'] : [style.fg, style.bg];
  if (fg !== null) names.push(fg === 'bg' ? 'fgBg' : `fg${fg}`);
  if (bg !== null) names.push(bg === 'fg' ? 'bgFg' : `bg${bg}`);
  return names;
};
