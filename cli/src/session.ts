/** Where the CLI finds the core and its token: flags, then environment, then the saved login (mode 0600). */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const Saved = z.object({ url: z.string(), refreshToken: z.string() });
export type Saved = z.infer<typeof Saved>;

export interface Environment {
  SERVERBOX_URL?: string | undefined;
  SERVERBOX_TOKEN?: string | undefined;
  XDG_CONFIG_HOME?: string | undefined;
}

export const DEFAULT_URL = 'http://127.0.0.1:3000';

export const sessionPath = (env: Environment): string =>
  join(env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'serverbox', 'session.json');

export const findSaved = (path: string): Saved | undefined => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return Saved.parse(JSON.parse(text));
};

/** Only the owner may read it: a refresh token is a password for 30 days. */
export const save = (path: string, saved: Saved): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${JSON.stringify(saved)}\n`, { mode: 0o600 });
};
