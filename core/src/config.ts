/**
 * Every setting of the core: read once, from the environment and an optional `.env` beside the start directory (the
 * environment wins). The only reader of `process.env`. `docs/generated/configuration.md` is printed from this file.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { LOG_LEVELS, Secret } from './lib/log.ts';

const secret = (minChars: number) =>
  z
    .string()
    .min(minChars, `has fewer than ${minChars} characters`)
    .refine((text) => !/^(change-?me|secret|password|example|default|admin|test)/i.test(text), 'is an example value')
    .transform((text) => new Secret(text));
const url = (protocols: string[]) =>
  z.string().refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
    error: `is not a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`,
  });
/** "10.0.0.7" or "10.0.0.0/8", of either family. */
const isAddressBlock = (entry: string): boolean => {
  const [address = '', bits, ...more] = entry.split('/');
  const family = isIP(address);
  const isPrefix = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32));
  return family !== 0 && isPrefix && more.length === 0;
};
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

export const Environment = z
  .object({
    HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
    PORT: z.coerce.number().int().min(0).max(65_535).default(3000).describe('Port to listen on; 0 takes a free one.'),
    SERVERBOX_DATA_DIR: z
      .string()
      .min(1)
      .default('./data')
      .transform((path) => resolve(path))
      .describe('Holds the embedded database, the master key file (mode 0600) and the local agent.'),
    SERVERBOX_PUBLIC_URL: url(['http:', 'https:'])
      .transform((text) => new URL(text).origin)
      .optional()
      .describe(
        'Origin under which browsers and agents reach Server Box. With https, cookies are Secure and `__Host-`.',
      ),
    DATABASE_URL: url(['postgres:', 'postgresql:'])
      .transform((text) => new Secret(text))
      .optional()
      .describe('Your own PostgreSQL, 15 to 18. Absent: the embedded server is started.'),
    REDIS_URL: url(['redis:', 'rediss:'])
      .transform((text) => new Secret(text))
      .optional()
      .describe('Redis for queue, bus and limits. Absent: PostgreSQL and memory.'),
    SERVERBOX_MASTER_KEY: secret(32)
      .optional()
      .describe('Seals every stored secret: 32 bytes as 64 hex digits. Absent: a key file in the data directory.'),
    SERVERBOX_ADMIN_EMAIL: z
      .email()
      .toLowerCase()
      .optional()
      .describe('First administrator without a browser; used once.'),
    SERVERBOX_ADMIN_PASSWORD: z
      .string()
      .min(10, 'has fewer than 10 characters')
      .transform((text) => new Secret(text))
      .optional()
      .describe('Password of the first administrator; used once.'),
    SERVERBOX_TRUSTED_PROXIES: list
      .refine((entries) => entries.every(isAddressBlock), 'has an entry that is not an address or CIDR block')
      .default([])
      .describe('Addresses or CIDR blocks of proxies whose X-Forwarded-For is believed, comma-separated.'),
    SERVERBOX_LOCAL_NODE: z.enum(['on', 'off']).default('on').describe('Enrol this machine as a node.'),
    SERVERBOX_API_DOCS: z.enum(['on', 'off']).default('on').describe('Serve /api/openapi.json and /api/docs.'),
    LOG_LEVEL: z.enum(LOG_LEVELS).default('info').describe('Least severe level that is logged.'),
  })
  .refine((env) => (env.SERVERBOX_ADMIN_EMAIL === undefined) === (env.SERVERBOX_ADMIN_PASSWORD === undefined), {
    path: ['SERVERBOX_ADMIN_PASSWORD'],
    error: 'goes together with SERVERBOX_ADMIN_EMAIL: set both or neither',
  });

/** Variables that may be given as `<NAME>_FILE`, the path of a file whose content is the value. */
export const FILE_VARIABLES = [
  'DATABASE_URL',
  'REDIS_URL',
  'SERVERBOX_MASTER_KEY',
  'SERVERBOX_ADMIN_PASSWORD',
] as const;

export type Config = z.infer<typeof Environment>;

/** Bad configuration: `message` is one line that names each variable. The process exits with 2. */
export class ConfigError extends Error {}

const fromFile = (given: NodeJS.ProcessEnv, name: string): string | undefined => {
  const path = given[`${name}_FILE`];
  if (path === undefined) return undefined;
  if (given[name] !== undefined) throw new ConfigError(`${name} and ${name}_FILE are both set: keep one.`);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new ConfigError(`${name}_FILE cannot be read: ${path}`, { cause });
  }
};

/** Validates settings; an empty variable counts as absent. @throws ConfigError */
export const parseConfig = (given: NodeJS.ProcessEnv): Config => {
  const values: Record<string, string> = {};
  for (const name of Object.keys(Environment.shape)) {
    const isFileVariable = (FILE_VARIABLES as readonly string[]).includes(name);
    const value = (isFileVariable ? fromFile(given, name) : undefined) ?? given[name];
    if (value !== undefined && value !== '') values[name] = value;
  }
  const parsed = Environment.safeParse(values);
  if (parsed.success) return parsed.data;
  // Only the name and the rule: the value may be a secret.
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  throw new ConfigError(`Bad configuration: ${problems.join('; ')}.`);
};

/** Reads `.env` (if there) and the environment of this process. @throws ConfigError */
export const readConfig = (): Config => {
  const path = resolve('.env');
  const fromDotEnv = existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {};
  return parseConfig({ ...fromDotEnv, ...process.env });
};

/** What a child process of the core may inherit: no secret of ours is among it. */
export const childEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    ['PATH', 'HOME', 'LANG', 'TZ', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
