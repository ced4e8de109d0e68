/**
 * The Docker Engine API as the lab needs it: JSON in, JSON out, over the socket. The installed `docker` program is not
 * used, because a newer one refuses the API version of Debian's engine.
 */
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

type EngineAnswer = { status: number; body: Buffer };
/** JSON, or a tar archive. */
type Payload = object | Buffer | Readable;

export type Engine = {
  socketPath: string;
  /** Sends one request. @throws Error with the engine's own message when the status is 400 or more */
  call(method: string, path: string, body?: Payload): Promise<unknown>;
  /** The same, for an answer that is not text. */
  read(method: string, path: string, body?: Payload): Promise<Buffer>;
  /** Whether the engine answers at all, within a second. */
  isReachable(): Promise<boolean>;
};

const CALL_TIMEOUT_MS = 60_000;

const isStream = (body: Payload | undefined): body is Readable => body instanceof Readable;

const send = async (socketPath: string, method: string, path: string, body: Payload | undefined) => {
  const isRaw = Buffer.isBuffer(body) || isStream(body);
  const payload = body === undefined || isRaw ? body : Buffer.from(JSON.stringify(body));
  const headers = {
    host: 'docker',
    'content-type': isRaw ? 'application/x-tar' : 'application/json',
    ...(isStream(payload) ? {} : { 'content-length': String(payload?.length ?? 0) }),
  };
  return await new Promise<EngineAnswer>((resolve, reject) => {
    const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
    const sent = request({ socketPath, method, path, headers, signal }, (response) => {
      buffer(response).then((answer) => resolve({ status: response.statusCode ?? 0, body: answer }), reject);
    });
    sent.once('error', reject);
    if (isStream(payload)) payload.once('error', reject).pipe(sent);
    else sent.end(payload);
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

const sendOrThrow = async (socketPath: string, method: string, path: string, body: Payload | undefined) => {
  const answer = await send(socketPath, method, path, body);
  if (answer.status < 400) return answer.body;
  throw new Error(`${method} ${path}: ${answer.status} ${messageOf(readBody(answer.body.toString()))}`);
};

/** Talks to the engine behind a socket; opens a connection for each call, so there is nothing to close. */
export const connectEngine = (socketPath: string): Engine => ({
  socketPath,
  call: async (method, path, body) => readBody((await sendOrThrow(socketPath, method, path, body)).toString()),
  read: (method, path, body) => sendOrThrow(socketPath, method, path, body),
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
