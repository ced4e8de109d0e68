/** Turns an HTTP connection into a raw byte stream (`Upgrade: tcp`), as the engine wants it for interactive exec. */
import type { Duplex } from 'node:stream';
import { AppError } from '../errors.ts';
import type { DockerConnect } from './connection.ts';
import { connectInTime } from './connection.ts';
import { statusError } from './engine-errors.ts';
import { readUntil } from './read-until.ts';

const MAX_HEAD_BYTES = 16_384;
const MAX_ERROR_BYTES = 65_536;
const HIJACK_TIMEOUT_MS = 15_000;

const requestHead = (path: string, body: string): string =>
  [
    `POST ${path} HTTP/1.1`,
    'Host: docker',
    'Connection: Upgrade',
    'Upgrade: tcp',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');

const endOfHead = (bytes: Buffer): number | undefined => {
  const at = bytes.indexOf('\r\n\r\n');
  if (at >= 0) return at + 4;
  if (bytes.length > MAX_HEAD_BYTES) throw new AppError('docker_error', "Docker's answer cannot be read as HTTP.");
  return undefined;
};

const closedEarly = () => new AppError('docker_unavailable', 'Docker closed the connection.');

const readError = async (stream: Duplex, head: string, status: number): Promise<AppError> => {
  const length = Math.min(Number(/^content-length:\s*(\d{1,9})/im.exec(head)?.[1] ?? 0), MAX_ERROR_BYTES);
  const body = length === 0 ? '' : await readUntil(stream, (bytes) => (bytes.length >= length ? length : undefined));
  return statusError(status, body?.toString() ?? '');
};

const upgrade = async (stream: Duplex, request: string): Promise<void> => {
  stream.write(request);
  const bytes = await readUntil(stream, endOfHead);
  if (bytes === undefined) throw closedEarly();
  const head = bytes.toString('latin1');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
  // Bytes sent before the 101 would be lost: the engine reads them as part of the request.
  if (status === 101) return;
  throw await readError(stream, head, status);
};

/**
 * Posts `body` and returns the raw stream behind the answer. The caller owns it and has to destroy it.
 * @throws AppError `docker_unavailable` | `docker_error` | `not_found` | `conflict` | `timed_out`
 */
export const openHijacked = async (connect: DockerConnect, path: string, body: unknown): Promise<Duplex> => {
  const stream = await connectInTime(connect);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('timed_out', 'Docker did not answer in time.')), HIJACK_TIMEOUT_MS);
  });
  try {
    await Promise.race([upgrade(stream, requestHead(path, JSON.stringify(body))), late]);
    return stream;
  } catch (error) {
    stream.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
};
