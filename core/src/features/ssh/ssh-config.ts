/**
 * Reads an OpenSSH client configuration (ssh_config(5)) for its hosts. As in ssh, the first value for a host wins, and
 * patterns are defaults for the hosts that they match. What cannot be taken over is told, line by line; nothing is executed
 * and no other file is read.
 */
import type { ParsedSshConfig, ParsedSshHost } from '@serverbox/contract/ssh';
import { SshHost, SshUser } from '@serverbox/contract/ssh';
import type { z } from 'zod';

type Parsed = z.infer<typeof ParsedSshConfig>;
type Host = z.infer<typeof ParsedSshHost>;
type Values = Map<string, string>;

interface Section {
  patterns: string[];
  /** Of a `Match`, whose conditions are not judged here: its lines apply to nothing. */
  isIgnored: boolean;
  values: Values;
}

const MAX_HOSTS = 1000;
const TAKEN = new Set(['hostname', 'port', 'user', 'identityfile', 'proxyjump', 'proxycommand']);
/** Of a line without blanks around it. */
const LINE = /^(?<key>[A-Za-z0-9]+)(?:\s*=\s*|\s+)(?<value>.+)$/;

/** Words as ssh splits them: by blanks, unless between double quotes. */
const wordsOf = (text: string): string[] =>
  [...text.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
const firstWord = (text: string): string => wordsOf(text)[0] ?? '';

const matchesPattern = (pattern: string, alias: string): boolean => {
  // Only * and ? are special. Step by step instead of by a regular expression: a hostile one would take for ever.
  let [at, from, star, retry] = [0, 0, -1, 0];
  while (from < alias.length) {
    if (pattern[at] === '*') [star, retry, at] = [at, from, at + 1];
    else if (pattern[at] === '?' || pattern[at] === alias[from]) [at, from] = [at + 1, from + 1];
    else if (star >= 0) {
      retry += 1;
      [at, from] = [star + 1, retry];
    } else return false;
  }
  return [...pattern.slice(at)].every((rest) => rest === '*');
};

const applies = ({ patterns, isIgnored }: Section, alias: string): boolean => {
  if (isIgnored) return false;
  if (patterns.some((pattern) => pattern.startsWith('!') && matchesPattern(pattern.slice(1), alias))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && matchesPattern(pattern, alias));
};

const reasonToIgnore = (key: string): string => {
  if (key === 'include') return 'Other files are not read: paste their text';
  if (key === 'match') return 'Conditions of Match are not judged: its lines are left out';
  return 'Has no meaning here';
};

interface Line {
  number: number;
  text: string;
  key: string;
  value: string;
}

/** Without comments and empty lines. */
const readLines = (text: string): Line[] =>
  text.split('\n').flatMap((written, index) => {
    const line = written.trim();
    if (line === '' || line.startsWith('#')) return [];
    const { key = '', value = '' } = LINE.exec(line)?.groups ?? {};
    return [{ number: index + 1, text: line, key: key.toLowerCase(), value }];
  });

const openSection = ({ key, value }: Line): Section => ({
  patterns: key === 'host' ? wordsOf(value) : [],
  isIgnored: key === 'match',
  values: new Map(),
});

const readSections = (text: string): { sections: Section[]; ignored: Parsed['ignored'] } => {
  let section: Section = { patterns: ['*'], isIgnored: false, values: new Map() };
  const sections = [section];
  const ignored: Parsed['ignored'] = [];
  for (const line of readLines(text)) {
    const { key, value } = line;
    if (key === 'host' || key === 'match') {
      section = openSection(line);
      sections.push(section);
    }
    if (key === 'host') continue;
    if (!TAKEN.has(key) || section.isIgnored) {
      ignored.push({ line: line.number, text: line.text.slice(0, 200), reason: reasonToIgnore(key) });
    } else if (!section.values.has(key)) section.values.set(key, value);
  }
  return { sections, ignored };
};

/** `%h` is the host as named on the command line, `%%` a percent sign. */
const expand = (text: string, alias: string): string =>
  text.replaceAll(/%[h%]/g, (token) => (token === '%h' ? alias : '%'));

const problemOf = (host: Omit<Host, 'problem'>, values: Values): string | null => {
  const { success: isHost } = SshHost.safeParse(host.host);
  if (!isHost) return `"${host.host.slice(0, 100)}" is not a host name or an address`;
  if (host.sshUser !== null && !SshUser.safeParse(host.sshUser).success) return 'The user name cannot be used';
  if (!Number.isInteger(host.port) || host.port < 1 || host.port > 65_535)
    return 'The port is not a number up to 65535';
  if (
    values.has('proxycommand') &&
    firstWord(values.get('proxycommand') ?? '') !== 'none' &&
    !values.has('proxyjump')
  ) {
    return 'ProxyCommand runs a program, which is not done here: use ProxyJump';
  }
  return null;
};

const readHost = (alias: string, sections: readonly Section[]): Host => {
  const values: Values = new Map();
  for (const section of sections) {
    if (!applies(section, alias)) continue;
    for (const [key, value] of section.values) if (!values.has(key)) values.set(key, value);
  }
  const one = (key: string): string | undefined => {
    const value = values.get(key);
    return value === undefined ? undefined : firstWord(value);
  };
  const jump = one('proxyjump') ?? 'none';
  const port = Number(one('port') ?? 22);
  const host = {
    alias,
    host: expand(one('hostname') ?? alias, alias),
    port: Number.isInteger(port) ? port : 0,
    sshUser: one('user') ?? null,
    identityFile: one('identityfile') ?? null,
    jump: jump.toLowerCase() === 'none' ? [] : jump.split(',').map((hop) => hop.trim()),
  };
  return { ...host, problem: problemOf(host, values) };
};

/** Hosts in the order in which they are named; a pattern is no host. */
export const parseSshConfig = (text: string): Parsed => {
  const { sections, ignored } = readSections(text);
  const aliases = new Set(sections.flatMap(({ patterns }) => patterns).filter((pattern) => !/[*?!]/.test(pattern)));
  return { items: [...aliases].slice(0, MAX_HOSTS).map((alias) => readHost(alias, sections)), ignored };
};
