import { AppError, messageOf, notFound } from '../errors.ts';
import { maskText } from './masking.ts';

const MAX_TEXT_CHARS = 1000;
const MAX_READ_CHARS = 8000;

const FULL_ID = /\b([0-9a-f]{12})[0-9a-f]{52}\b/g;

/** The engine's own words, made fit for a message: one line, bounded, ids short, no control characters, no secrets. */
export const engineText = (text: string): string => {
  const line = text
    .slice(0, MAX_READ_CHARS)
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  return maskText(line.replaceAll(FULL_ID, '$1')).slice(0, MAX_TEXT_CHARS);
};

const WHY_UNAVAILABLE: readonly (readonly [pattern: RegExp, sentence: string])[] = [
  [/ENOENT|no such file/i, 'Docker has no socket on this node: it is not installed, or it is not running.'],
  [
    /EACCES|EPERM|permission denied/i,
    "Docker's socket refuses the user of this node's agent or SSH access: it has to be in the group docker.",
  ],
  [
    /ECONNREFUSED|connection refused|cannot connect to the docker daemon/i,
    'Docker is installed on this node but not running.',
  ],
];

/** The messages of an error and of its causes: the reason of a failed dial may sit a level down. */
const messagesOf = (thrown: unknown, depth = 0): string => {
  const code = thrown instanceof Error && 'code' in thrown ? `${thrown.name} ${thrown.code}` : '';
  const cause =
    thrown instanceof Error && thrown.cause !== undefined && depth < 4 ? messagesOf(thrown.cause, depth + 1) : '';
  return `${code} ${messageOf(thrown)} ${cause}`;
};

/** What a failed dial or a broken connection means. A lost link or a refusal by policy stays what it is. */
export const connectionError = (thrown: unknown): AppError => {
  const mayHideReason = thrown instanceof AppError && ['node_unreachable', 'docker_unavailable'].includes(thrown.code);
  if (thrown instanceof AppError && !mayHideReason) return thrown;
  const messages = messagesOf(thrown);
  const sentence = WHY_UNAVAILABLE.find(([pattern]) => pattern.test(messages))?.[1];
  if (sentence !== undefined) return new AppError('docker_unavailable', sentence, { cause: thrown });
  if (thrown instanceof AppError) return thrown;
  if (/HTTPParserError|HPE_/.test(messages)) {
    return new AppError('docker_error', "Docker's answer cannot be read as HTTP.", { cause: thrown });
  }
  return new AppError('docker_unavailable', 'The connection to Docker on this node broke.', { cause: thrown });
};

const messageIn = (body: string): string => {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed) return String(parsed.message);
  } catch {
    // Proxies and old engines answer plain text: then the body itself is the message.
  }
  return body;
};

/** An answer of the engine with an error status. */
export const statusError = (status: number, body: string): AppError => {
  const text = engineText(messageIn(body)) || `status ${status}`;
  if (status === 403 && /policy/i.test(text))
    return new AppError('refused_by_policy', "This node's policy refuses it.");
  if (status === 404 && /no such container/i.test(text)) return notFound('The container');
  if (status === 404) return new AppError('not_found', `Docker: ${text}`);
  if (status === 409) return new AppError('conflict', `Docker: ${text}`);
  return new AppError('docker_error', `Docker: ${text}`, { detail: { status } });
};

/** An answer that does not have the shape that the Engine API documents. */
export const replyError = (what: string, cause: unknown): AppError =>
  new AppError('docker_error', `Docker's answer to "${what}" cannot be read.`, { cause });
