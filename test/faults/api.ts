/** A tool that speaks REST with a bearer token, as an owner's script would: one answer or one failure for each call. */
import { SignedIn } from '@serverbox/contract/auth';
import { ADMIN } from '../e2e/box.ts';

const TIMEOUT_MS = 10_000;

/** Any answer but success, or none. `status` 0: nobody answered, so what became of the call is not known. */
export class CallFailed extends Error {
  readonly status: number;
  constructor(what: string, status: number, cause?: unknown) {
    super(`${what}: ${status}`, { cause });
    this.status = status;
  }
}

export type Call = {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  token?: string;
  body?: unknown;
};

/** The JSON of a successful answer. @throws CallFailed */
export const call = async (url: string, path: string, { method = 'GET', token, body }: Call = {}): Promise<unknown> => {
  const what = `${method} ${path}`;
  let response: Response;
  try {
    response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer: unknown = await response.json();
    if (response.ok) return answer;
  } catch (cause) {
    throw new CallFailed(what, 0, cause);
  }
  throw new CallFailed(what, response.status);
};

export type Session = {
  id: string;
  accessToken: string;
  refreshToken: string;
  /** How often it was refreshed, as the newest token says. */
  generation: number;
};

const sessionOf = (answer: unknown): Session => {
  const { accessToken, refreshToken } = SignedIn.parse(answer);
  const [, id = '', generation = ''] = /^sbr_([0-9a-f-]{36})_(\d+)_/.exec(refreshToken) ?? [];
  return { id, accessToken, refreshToken, generation: Number(generation) };
};

/** @throws CallFailed */
export const login = async (url: string): Promise<Session> =>
  sessionOf(await call(url, '/auth/login', { method: 'POST', body: ADMIN }));

/** @throws CallFailed */
export const refresh = async (url: string, { refreshToken }: Session): Promise<Session> =>
  sessionOf(await call(url, '/auth/refresh', { method: 'POST', body: { refreshToken } }));
