import type { ServerBox } from '@serverbox/sdk';
import { createClient, ServerBoxError, toServerBoxError } from '@serverbox/sdk';
import type { Environment } from './session.ts';
import { DEFAULT_URL, findSaved, save, sessionPath } from './session.ts';

export interface GlobalOptions {
  url?: string;
  token?: string;
  json?: boolean;
}

/** A saved login gives a fresh access token; its refresh token works once, so the successor is saved at once. */
const renew = async (url: string, refreshToken: string, path: string): Promise<string> => {
  try {
    const renewed = await createClient({ url }).api.auth.refresh.mutate({ refreshToken });
    save(path, { url, refreshToken: renewed.refreshToken });
    return renewed.accessToken;
  } catch (error) {
    throw toServerBoxError(error);
  }
};

/** Connects as flags, environment and saved login say. @throws ServerBoxError */
export const connect = async (options: GlobalOptions, env: Environment): Promise<ServerBox> => {
  const path = sessionPath(env);
  const saved = findSaved(path);
  const url = options.url ?? env.SERVERBOX_URL ?? saved?.url ?? DEFAULT_URL;
  const given = options.token ?? env.SERVERBOX_TOKEN;
  if (given !== undefined) return createClient({ url, token: given });
  if (saved === undefined || saved.url !== url) {
    throw new ServerBoxError('unauthenticated', `Not signed in at ${url}. Run: serverbox login --url ${url}`);
  }
  return createClient({ url, token: await renew(url, saved.refreshToken, path) });
};
