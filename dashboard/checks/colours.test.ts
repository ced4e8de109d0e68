// @vitest-environment node
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SOURCE = join(import.meta.dirname, '../src');
const css = readFileSync(join(SOURCE, 'styles/variables.css'), 'utf8');

type Tokens = Record<string, string>;
type Rgb = readonly [number, number, number];

const ACCENTS = ['indigo', 'cyan', 'emerald', 'amber', 'rose'] as const;

const tokensOf = (selector: string): Tokens => {
  const start = css.indexOf(`${selector} {`);
  if (start === -1) return {};
  const block = css.slice(start, css.indexOf('}', start));
  return Object.fromEntries([...block.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value]));
};

const themeOf = (theme: 'dark' | 'light', accent: (typeof ACCENTS)[number]): Tokens => ({
  ...tokensOf(':root'),
  ...tokensOf(`:root[data-accent="${accent}"]`),
  ...(theme === 'light'
    ? { ...tokensOf(':root[data-theme="light"]'), ...tokensOf(`:root[data-theme="light"][data-accent="${accent}"]`) }
    : {}),
});

const channelsOf = (hex: string): number[] => [1, 3, 5, 7].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

/** A tint as it looks on an opaque ground. */
const blend = (hex: string, ground: string): Rgb => {
  const [r = 0, g = 0, b = 0, alpha = 255] = channelsOf(hex).map((channel, i) =>
    Number.isNaN(channel) && i === 3 ? 255 : channel,
  );
  const under = channelsOf(ground);
  const share = alpha / 255;
  const mix = (over: number, i: number) => over * share + (under[i] ?? 0) * (1 - share);
  return [mix(r, 0), mix(g, 1), mix(b, 2)];
};

/** Relative luminance and contrast ratio of WCAG 2.2. */
const luminance = (rgb: Rgb): number => {
  const linear = (channel: number) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
};

const contrast = (text: string, grounds: readonly string[]): number => {
  const bottom = grounds[0] ?? '';
  const ground = grounds.slice(1).reduce<Rgb>(
    (below, tint) => {
      const hex = `#${below.map((channel) => Math.round(channel).toString(16).padStart(2, '0')).join('')}`;
      return blend(tint, hex);
    },
    blend(bottom, bottom),
  );
  const [high = 0, low = 0] = [luminance(blend(text, bottom)), luminance(ground)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
};

const GROUNDS = ['--bg', '--bg-raised', '--bg-sunken', '--surface', '--surface-hover', '--surface-active', '--overlay'];
const TONES = ['success', 'warning', 'danger', 'info'];
const ANSI = ['red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

/** Every pair that a component may draw: the text, and what lies under it from the bottom up. */
const pairs: readonly (readonly [string, ...string[]])[] = [
  ...GROUNDS.flatMap((ground) =>
    ['--text', '--text-2', '--text-3', '--accent-text', ...TONES.map((tone) => `--${tone}-text`)].map(
      (text) => [text, ground] as const,
    ),
  ),
  ['--text', '--thumb'],
  ...['--bg', '--bg-raised', '--overlay'].flatMap((ground) => [
    ...TONES.map((tone) => [`--${tone}-text`, ground, `--${tone}-soft`] as const),
    ...TONES.map((tone) => ['--text', ground, `--${tone}-soft`] as const),
    ['--accent-text', ground, '--accent-soft'] as const,
    ['--text', ground, '--accent-soft'] as const,
    ['--text', ground, '--selection'] as const,
  ]),
  ['--text-on-accent', '--accent-strong'],
  ['--text-on-accent', '--accent-strong-hover'],
  ['--text-on-danger', '--danger-strong'],
  ['--text-on-danger', '--danger-strong-hover'],
  ['--chart-axis', '--bg-raised'],
  ['--term-fg', '--term-bg'],
  ...ANSI.map((name) => [`--term-${name}`, '--term-bg'] as const),
  ...[...ANSI, 'black'].map((name) => [`--term-bright-${name}`, '--term-bg'] as const),
];

const themes = (['dark', 'light'] as const).flatMap((theme) => ACCENTS.map((accent) => ({ theme, accent })));

test.each(themes)(
  'every text of the $theme theme with the $accent accent has a contrast of 4.5:1',
  ({ theme, accent }) => {
    const tokens = themeOf(theme, accent);
    const tokenOf = (name: string) => tokens[name] ?? expect.fail(`${name} is not defined`);
    const weak = pairs
      .map(([text, ...grounds]) => ({
        pair: `${text} on ${grounds.join(' under ')}`,
        ratio: Number(contrast(tokenOf(text), grounds.map(tokenOf)).toFixed(2)),
      }))
      .filter(({ ratio }) => ratio < 4.5);
    expect(weak).toEqual([]);
  },
);

test.each(themes)(
  'lines, dots and focus of the $theme theme with the $accent accent stand out by 3:1',
  ({ theme, accent }) => {
    const tokens = themeOf(theme, accent);
    const signs = [
      '--focus',
      '--accent',
      ...TONES.map((tone) => `--${tone}`),
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `--chart-${n}`),
    ];
    const tokenOf = (name: string) => tokens[name] ?? expect.fail(`${name} is not defined`);
    const weak = signs
      .map((sign) => ({ sign, ratio: contrast(tokenOf(sign), [tokenOf('--bg-raised')]) }))
      .filter(({ ratio }) => ratio < 3);
    expect(weak).toEqual([]);
  },
);

test('no other file than variables.css writes a colour', () => {
  const COLOUR = /#[0-9a-f]{3,8}\b(?=[;,\s)'"])|\b(?:rgba?|hsla?|oklch|oklab)\(/i;
  const guilty = globSync('**/*.{css,ts,tsx}', { cwd: SOURCE })
    .filter((file) => !file.endsWith('variables.css') && !file.includes('.test.'))
    .flatMap((file) => {
      const found = COLOUR.exec(readFileSync(join(SOURCE, file), 'utf8'));
      return found === null ? [] : [`${file}: ${found[0]}`];
    });
  expect(guilty).toEqual([]);
});
