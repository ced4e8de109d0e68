/**
 * The Docker Engine API as the lab needs it: JSON in, JSON out, over the socket. The installed `docker` program is not
 * used, because a newer one refuses the API version of Debian's engine.
 */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';

type EngineAnswer = { status: number; body: unknown };

export type Engine = {
  socketPath: string;
  /** Sends one request. @throws Error with the engine's own message when the status is 400 or more */
  call(method: string, path: string, body?: object | Buffer): Promise<unknown>;
  /** Whether the engine answers at all, within a second. */
  isReachable(): Promise<boolean>;
};

const CALL_TIMEOUT_MS = 60_000;

const send = async (socketPath: string, method: string, path: string, body: object | Buffer | undefined) => {
  const isRaw = Buffer.isBuffer(body);
  const payload = body === undefined || isRaw ? body : Buffer.from(JSON.stringify(body));
  const headers = {
    host: 'docker',
    'content-type': isRaw ? 'application/x-tar' : 'application/json',
    'content-length': String(payload?.length ?? 0),
  };
  return await new Promise<EngineAnswer>((resolve, reject) => {
    const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
    const sent = request({ socketPath, method, path, headers, signal }, (response) => {
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, body: readBody(answer) }), reject);
    });
    sent.once('error', reject);
    sent.end(payload);
  });
};

// Some endpoints answer with nothing, with plain text, or with one JSON object a line.
const readBody = (answer: string): unknown => {
  try {
    return JSON.parse(answer);
  } catch {
    return answer;
  }
};

const messageOf = (body: unknown): string =>
  typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : String(body);

/** Talks to the engine behind a socket; opens a connection for each call, so there is nothing to close. */
export const connectEngine = (socketPath: string): Engine => ({
  socketPath,
  call: async (method, path, body) => {
    const answer = await send(socketPath, method, path, body);
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${messageOf(answer.body)}`);
    return answer.body;
  },
  isReachable: async () => {
    try {
      return (await send(socketPath, 'GET', '/_ping', undefined)).status === 200;
    } catch (error) {
      // Nobody listens, no such file, or not ours to open: each means that this engine cannot be used.
      if (error instanceof Error && 'code' in error) return false;
      throw error;
    }
  },
});
