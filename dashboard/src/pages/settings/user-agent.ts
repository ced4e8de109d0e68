/** Names the program and system behind a User-Agent header, for people: "Chrome on Linux". The header is hostile text. */

const PROGRAMS: readonly [RegExp, string][] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS|HeadlessChrome)\//, 'Chrome'],
  [/\bVersion\/[\d.]+ .*Safari\//, 'Safari'],
  [/^serverbox-cli\b/, 'Server Box CLI'],
  [/^curl\//, 'curl'],
];

// Order matters: iPads and Android devices name the older system as well.
const SYSTEMS: readonly [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

const MAX_SHOWN_CHARS = 60;

const nameIn = (table: readonly [RegExp, string][], text: string): string | undefined =>
  table.find(([pattern]) => pattern.test(text))?.[1];

export interface Client {
  name: string;
  isPhone: boolean;
}

/** Never fails: what it does not know it shows as it came, cut short. */
export const describeClient = (userAgent: string): Client => {
  const program = nameIn(PROGRAMS, userAgent);
  const system = nameIn(SYSTEMS, userAgent);
  const isPhone = system === 'iPhone' || system === 'Android' || system === 'iPad';
  if (program !== undefined && system !== undefined) return { name: `${program} on ${system}`, isPhone };
  return { name: program ?? system ?? (userAgent.slice(0, MAX_SHOWN_CHARS) || 'Unknown client'), isPhone };
};
