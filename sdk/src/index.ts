/**
 * A typed client for scripts: the same procedures as the dashboard, with errors that carry their code, and reads that are
 * repeated when the network fails. `client.api` is tRPC's client, e.g. `client.api.nodes.list.query({})`.
 */
import type { ErrorCode } from '@serverbox/contract/errors';
import type { AppRouter } from '@serverbox/core/router';
import type { TRPCClient } from '@trpc/client';
import { createTRPCClient, httpBatchLink, retryLink, TRPCClientError } from '@trpc/client';

export interface ClientOptions {
  /** Origin of the core, e.g. `http://127.0.0.1:3000`. */
  url: string;
  /** An access token; see `signIn`. Sent as `Authorization: Bearer`. */
  token?: string;
  /** Attempts of a read whose answer did not arrive. Acts are never repeated. Default 3. */
  readAttempts?: number;
}

export interface ServerBox {
  api: TRPCClient<AppRouter>;
}

/** What every call of the client rejects with, once it went through `toServerBoxError`. */
export class ServerBoxError extends Error {
  /** `unreachable`: no answer came, so nothing is known about what happened. */
  readonly code: ErrorCode | 'unreachable';
  readonly requestId: string | undefined;

  constructor(code: ErrorCode | 'unreachable', message: string, requestId?: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ServerBoxError';
    this.code = code;
    this.requestId = requestId;
  }
}

interface ErrorData {
  errorCode: ErrorCode;
  requestId: string;
}
const dataOf = (error: TRPCClientError<AppRouter>): ErrorData | undefined => error.data as ErrorData | undefined;

/** Anything that a call rejected with, as a ServerBoxError. */
export const toServerBoxError = (thrown: unknown): ServerBoxError => {
  if (thrown instanceof ServerBoxError) return thrown;
  if (thrown instanceof TRPCClientError) {
    const data = dataOf(thrown as TRPCClientError<AppRouter>);
    if (data?.errorCode !== undefined)
      return new ServerBoxError(data.errorCode, thrown.message, data.requestId, thrown);
  }
  return new ServerBoxError('unreachable', 'Server Box does not answer.', undefined, thrown);
};

/** Makes a client; no connection is opened until the first call. */
export const createClient = ({ url, token, readAttempts = 3 }: ClientOptions): ServerBox => ({
  api: createTRPCClient<AppRouter>({
    links: [
      retryLink({
        retry: ({ op, error, attempts }) => op.type === 'query' && error.data === undefined && attempts < readAttempts,
        retryDelayMs: (attempt) => 200 * 2 ** attempt,
      }),
      httpBatchLink({
        url: new URL('/trpc', url).href,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      }),
    ],
  }),
});

/** Exchanges e-mail and password for tokens. @throws ServerBoxError `invalid_credentials` | `rate_limited` | `unreachable` */
export const signIn = async (url: string, credentials: { email: string; password: string }) => {
  try {
    return await createClient({ url }).api.auth.login.mutate(credentials);
  } catch (error) {
    throw toServerBoxError(error);
  }
};
