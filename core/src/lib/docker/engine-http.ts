/**
 * HTTP to one engine over any byte stream: version negotiation, deadlines, bounded answers, typed errors. Knows nothing of
 * containers. Short requests share a few connections; each stream has its own, so that a log nobody reads holds up nobody.
 */
import type { Duplex, Readable } from 'node:stream';
import { Pool } from 'undici';
import type { z } from 'zod';
import { AppError } from '../errors.ts';
import type { DockerConnect } from './connection.ts';
import { asSocket, connectInTime } from './connection.ts';
import type { Deadline } from './deadline.ts';
import { createDeadline } from './deadline.ts';
import { connectionError, replyError, statusError } from './engine-errors.ts';
import { openHijacked } from './hijack.ts';

const OUR_API = '1.44';
const OLDEST_API_MINOR = 24;
const REQUEST_CONNECTIONS = 4;
const STREAM_CONNECTIONS = 48;
const MAX_REPLY_BYTES = 16 * 1024 * 1024;
const MAX_ERROR_BYTES = 65_536;
const PING_TIMEOUT_MS = 5000;

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Call {
  method: 'GET' | 'POST' | 'DELETE';
  /** Below the version, e.g. `/containers/json`. Ids in it were checked by type. */
  path: `/${string}`;
  query?: Query;
  body?: unknown;
  /** For the whole answer; on streams until the headers. */
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface EngineHttp {
  /** @throws AppError `docker_unavailable` | `docker_error` | `not_found` | `conflict` | `timed_out` | … */
  json<S extends z.ZodType>(call: Call, schema: S): Promise<z.output<S>>;
  /** For calls whose answer has no content. "Already so" (304) counts as done. */
  send(call: Call): Promise<void>;
  /** The body as it comes, until it ends, breaks or `signal` aborts. It has to be read or destroyed. */
  stream(call: Call): Promise<{ body: Readable; contentType: string }>;
  hijack(path: `/${string}`, body: unknown): Promise<Duplex>;
  /** The engine's clock minus ours, to the second: what "15 minutes ago" means there. */
  clockOffsetMs(): Promise<number>;
  /** Breaks every connection, streams included. */
  close(): Promise<void>;
}

interface Negotiated {
  version: string;
  clockOffsetMs: number;
}

/** The newest version that both know. @throws AppError `docker_unavailable` for an engine from before 2016 */
export const negotiateVersion = (theirs: string): string => {
  const minor = /^1\.(\d{1,4})$/.exec(theirs)?.[1];
  if (minor === undefined) throw new AppError('docker_error', 'Docker does not say which API it speaks.');
  if (Number(minor) < OLDEST_API_MINOR) {
    throw new AppError(
      'docker_unavailable',
      `Docker on this node speaks API ${theirs}; 1.${OLDEST_API_MINOR} is needed.`,
    );
  }
  return Number(minor) < Number(OUR_API.slice(2)) ? theirs : OUR_API;
};

const queryOf = (query: Query = {}): string => {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given as [string, string][])}`;
};

/** Reads a body whole. @throws AppError `docker_error` past the bound */
const readBounded = async (body: Readable, maxBytes: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new AppError('docker_error', `Docker's answer is larger than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const openPool = (connect: DockerConnect, connections: number): Pool =>
  new Pool('http://docker', {
    connections,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 15_000,
    connect: (_options, callback) => {
      connectInTime(connect).then(
        (stream) => callback(null, asSocket(stream)),
        (error: Error) => callback(error, null),
      );
    },
  });

/** Sends one request and returns the answer's head. */
const dispatch = async (
  pool: Pool,
  path: string,
  { method, body, signal }: Pick<Call, 'method' | 'body'> & { signal: AbortSignal },
) => {
  const content =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  try {
    return await pool.request({ method, path, signal, ...content });
  } catch (error) {
    throw signal.aborted ? signal.reason : connectionError(error);
  }
};

const ping = async (pool: Pool): Promise<Negotiated> => {
  const limit = createDeadline(PING_TIMEOUT_MS);
  try {
    const reply = await dispatch(pool, '/_ping', { method: 'GET', signal: limit.signal });
    const text = (await readBounded(reply.body, MAX_ERROR_BYTES)).toString();
    if (reply.statusCode !== 200) throw statusError(reply.statusCode, text);
    const engineTime = Date.parse(String(reply.headers.date));
    return {
      version: negotiateVersion(String(reply.headers['api-version'])),
      clockOffsetMs: Number.isNaN(engineTime) ? 0 : engineTime - Date.now(),
    };
  } finally {
    limit.release();
  }
};

/** Asks once and remembers. */
const createNegotiation = (pool: Pool) => {
  let negotiated: Promise<Negotiated> | undefined;
  return {
    get: (): Promise<Negotiated> => {
      negotiated ??= ping(pool).catch((error: unknown) => {
        negotiated = undefined;
        throw error;
      });
      return negotiated;
    },
    forget: () => {
      negotiated = undefined;
    },
  };
};

export const createEngineHttp = (connect: DockerConnect): EngineHttp => {
  const requests = openPool(connect, REQUEST_CONNECTIONS);
  const streams = openPool(connect, STREAM_CONNECTIONS);
  const negotiation = createNegotiation(requests);

  const answered = async (pool: Pool, request: Call, signal: AbortSignal) => {
    const { version } = await negotiation.get();
    const path = `/v${version}${request.path}${queryOf(request.query)}`;
    const reply = await dispatch(pool, path, { ...request, signal });
    if (reply.statusCode < 400) return reply;
    throw statusError(reply.statusCode, (await readBounded(reply.body, MAX_ERROR_BYTES)).toString());
  };

  /** The error to throw. Behind a broken connection there may be an upgraded engine: its version is asked for again. */
  const failure = (error: unknown, limit: Deadline): unknown => {
    if (limit.signal.aborted) return limit.signal.reason;
    const known = error instanceof AppError ? error : connectionError(error);
    if (known.code === 'docker_unavailable' || known.code === 'node_unreachable') negotiation.forget();
    return known;
  };

  const whole = async (request: Call): Promise<Buffer> => {
    const limit = createDeadline(request.timeoutMs, request.signal);
    try {
      const reply = await answered(requests, request, limit.signal);
      return await readBounded(reply.body, MAX_REPLY_BYTES);
    } catch (error) {
      throw failure(error, limit);
    } finally {
      limit.release();
    }
  };

  return {
    json: async (request, schema) => {
      const bytes = await whole(request);
      try {
        return schema.parse(JSON.parse(bytes.toString()));
      } catch (error) {
        throw replyError(request.path.replace(/[0-9a-f]{12,}/, '{id}'), error);
      }
    },
    send: async (request) => {
      await whole(request);
    },
    stream: async (request) => {
      const limit = createDeadline(request.timeoutMs, request.signal);
      try {
        const { body, headers } = await answered(streams, request, limit.signal);
        limit.disarm();
        body.once('close', limit.release);
        return { body, contentType: String(headers['content-type'] ?? '') };
      } catch (error) {
        limit.release();
        throw failure(error, limit);
      }
    },
    hijack: async (path, body) => openHijacked(connect, `/v${(await negotiation.get()).version}${path}`, body),
    clockOffsetMs: async () => (await negotiation.get()).clockOffsetMs,
    close: async () => {
      // Whoever waits or reads hears this; the client's own word for it would look like a defect.
      const closed = new AppError('node_unreachable', 'The connection to Docker on this node was closed.');
      await Promise.all([requests.destroy(closed), streams.destroy(closed)]);
    },
  };
};
