/**
 * Hides secrets in what the engine tells about a container (environment, arguments, labels, error texts) before it is stored,
 * logged or sent. By name, by shape and by randomness; it rather hides too much. Every pattern runs in linear time.
 */
import { MASK } from '@serverbox/contract/containers';

const SECRET_NAME = /(PASS|SECRET|TOKEN|KEY|PRIVATE|CREDENTIAL|AUTH|DSN)/i;

/** Beyond this nothing is searched; it is hidden as a whole. */
const MAX_SEARCHED_CHARS = 16_384;
/** Shorter secrets are words like `true`, which must not be blotted out everywhere. */
const MIN_KNOWN_CHARS = 6;

/** `scheme://user:password@host`, and `scheme://token@host`. */
const URL_USERINFO = /\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@'"]{1,512}@/gi;
/** `name=value`, `name: value`, `"name":"value"`, where the name sounds secret. */
const NAMED_VALUE =
  /((?:PASS|SECRET|TOKEN|KEY|PRIVATE|CREDENTIAL|AUTH|DSN)[A-Za-z0-9_.-]{0,64}["']?\s{0,4}[=:]\s{0,4})("[^"]{1,4096}"|'[^']{1,4096}'|(?:(?:Bearer|Basic|Token)\s)?[^\s"',;&]{1,4096})/gi;
const BEARER = /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,4096}/gi;
const PEM_KEY = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/;
const RANDOM_WORD = /[A-Za-z0-9+/_=-]{20,4096}/g;
/** Names content, hides nothing; as random as a key. */
const DIGEST = /(sha256:[0-9a-f]{64})/;

const MIN_BITS_PER_CHAR = 3.4;

/** Shannon entropy in bits for each character. */
const bitsPerChar = (text: string): number => {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  return [...counts.values()].reduce((bits, n) => bits - (n / text.length) * Math.log2(n / text.length), 0);
};

const CLASSES = [/[a-z]/, /[A-Z]/, /[0-9]/];
/** Long, mixed and without a pattern: a key, a token or a password. Paths and words joined by - _ / are not. */
const looksRandom = (word: string): boolean => {
  if (/^[0-9a-fA-F]{32,}$/.test(word)) return true;
  const longestPart = word
    .split(/[-_/=+]/)
    .reduce((longest, part) => (part.length > longest.length ? part : longest), '');
  const classes = CLASSES.filter((pattern) => pattern.test(word)).length;
  if (classes < 2 || !/[0-9]/.test(word)) return classes === 2 && longestPart.length >= 32 && bitsPerChar(word) >= 4;
  return longestPart.length >= 12 && bitsPerChar(word) >= MIN_BITS_PER_CHAR;
};

const maskPart = (text: string): string =>
  text
    .replace(URL_USERINFO, `$1${MASK}@`)
    .replace(BEARER, `$1 ${MASK}`)
    .replace(NAMED_VALUE, `$1${MASK}`)
    .replace(RANDOM_WORD, (word) => (looksRandom(word) ? MASK : word));

/** Free text (an error, the output of a health check, a shell line) with the secret-looking parts hidden. */
export const maskText = (text: string): string => {
  if (text.length > MAX_SEARCHED_CHARS) return `${maskText(text.slice(0, MAX_SEARCHED_CHARS))}…`;
  if (PEM_KEY.test(text)) return MASK;
  return text
    .split(DIGEST)
    .map((part, index) => (index % 2 === 1 ? part : maskPart(part)))
    .join('');
};

const isSecretValue = (value: string): boolean => value.length > MAX_SEARCHED_CHARS || maskText(value) !== value;

export interface EnvEntry {
  key: string;
  value: string;
}

/** Splits the engine's `KEY=value`; an entry without `=` has an empty value. */
export const parseEnv = (entries: readonly string[]): EnvEntry[] =>
  entries.map((entry) => {
    const at = entry.indexOf('=');
    return at < 0 ? { key: entry, value: '' } : { key: entry.slice(0, at), value: entry.slice(at + 1) };
  });

/** Environment with each secret-looking value replaced as a whole. */
export const maskEnv = (entries: readonly EnvEntry[]): (EnvEntry & { masked: boolean })[] =>
  entries.map(({ key, value }) => {
    const masked = value !== '' && (SECRET_NAME.test(key) || isSecretValue(value));
    return { key: maskText(key), value: masked ? MASK : value, masked };
  });

/** An option that says by its name that the next word is a secret: `--password hunter2`. */
const isSecretOption = (word: string): boolean =>
  /^-{1,2}[A-Za-z]/.test(word) && !word.includes('=') && SECRET_NAME.test(word);

/** Arguments of a command line. */
export const maskArguments = (argv: readonly string[]): string[] =>
  argv.map((word, index) => {
    const previous = argv[index - 1];
    return previous !== undefined && isSecretOption(previous) ? MASK : maskText(word);
  });

/** Labels whose values are digests or revisions by specification: long and random, never secret. */
const PUBLIC_LABEL =
  /^(com\.docker\.compose\.(config-hash|image)|org\.opencontainers\.image\.(revision|base\.digest))$/;

export const maskLabels = (labels: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels).map(([key, value]) => {
      if (PUBLIC_LABEL.test(key) && /^(sha256:)?[0-9a-f]{7,64}$/.test(value)) return [key, value];
      const isSecret = value !== '' && (SECRET_NAME.test(key) || isSecretValue(value));
      return [maskText(key), isSecret ? MASK : value];
    }),
  );

/** The values that `maskEnv` and `maskLabels` hide, so that copies of them elsewhere can be hidden too. */
export const secretValues = (env: readonly EnvEntry[], labels: Readonly<Record<string, string>>): string[] => {
  const pairs = [...env, ...Object.entries(labels).map(([key, value]) => ({ key, value }))];
  return pairs
    .filter(({ key, value }) => value.length >= MIN_KNOWN_CHARS && (SECRET_NAME.test(key) || isSecretValue(value)))
    .map(({ value }) => value)
    .sort((a, b) => b.length - a.length);
};

/** Hides known secret values wherever they stand in `value`: in strings, arrays and objects, at any depth. */
export const hideKnown = <T>(value: T, secrets: readonly string[]): T => {
  if (secrets.length === 0) return value;
  const hide = (item: unknown): unknown => {
    if (typeof item === 'string') return secrets.reduce((text, secret) => text.replaceAll(secret, MASK), item);
    if (Array.isArray(item)) return item.map(hide);
    if (typeof item === 'object' && item !== null && Object.getPrototypeOf(item) === Object.prototype) {
      return Object.fromEntries(Object.entries(item).map(([key, inner]) => [hide(key), hide(inner)]));
    }
    return item;
  };
  return hide(value) as T;
};
