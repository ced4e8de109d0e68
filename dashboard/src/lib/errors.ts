/**
 * One function turns whatever failed into what people may see: a code, a sentence and a hint. Every screen that shows an
 * error goes through it, so the same failure reads the same everywhere.
 */
import type { ErrorCode } from '@serverbox/contract/errors';

/** `server_gone` is the only code of our own: no answer came at all. */
export type ProblemCode = ErrorCode | 'server_gone';

/** A failure as people see it: what happened, what to try, and the id that finds it in the log of the server. */
export interface Problem {
  code: ProblemCode;
  message: string;
  hint: string;
  requestId?: string;
  /** Trying the same again may help: the cause is not in what was asked. */
  canRetry: boolean;
}

const HINTS: Record<ProblemCode, string> = {
  bad_request: 'Check the field that the message names.',
  unauthenticated: 'Sign in again.',
  invalid_credentials: 'Check the e-mail address and the password.',
  invalid_setup_code: 'The code stands in the log of the running server; a restart prints a new one.',
  forbidden: 'Your role does not include this. An administrator can grant it.',
  origin_refused: 'Open Server Box at the address that it is configured for.',
  not_found: 'It may have been removed, or the address is mistyped.',
  conflict: 'Its state changed meanwhile. Look at the current state, then decide again.',
  setup_done: 'Sign in with the account that was created.',
  payload_too_large: 'Send less at once.',
  refused_by_policy: "The owner of the node decides this in the agent's configuration on that machine.",
  rate_limited: 'Wait for the time that the message names.',
  too_many_streams: 'Close terminals, logs or tabs that are no longer needed.',
  internal: 'The request id below finds the cause in the log of the server.',
  docker_error: 'The text above is what the Docker engine answered.',
  docker_unavailable: 'Check on the node that Docker runs and that the agent may use its socket.',
  host_key_unknown: 'Compare the fingerprint with the one on the machine, then accept or reject it.',
  host_key_changed: 'Find out why the key changed before you accept it: reinstalled, or somebody in between.',
  ssh_auth_failed: 'Check the user and the credential on the page of the node.',
  not_supported: 'The page of the node lists what works through which way.',
  node_unreachable: 'It comes back by itself once the agent on that machine can reach Server Box.',
  push_disabled: 'Add a machine that reports by the push script; its token comes with it.',
  database_unavailable: 'Nothing was changed. Check the database of Server Box, then try again.',
  audit_unavailable: 'Nothing was done. Check the database of Server Box, then try again.',
  outcome_unrecorded: 'Look at the current state before you decide again, and check the database of Server Box.',
  timed_out: 'The node may be busy or its network slow. Try again.',
  server_gone: 'Check that Server Box runs and that this device is online.',
};

const RETRIABLE: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'internal',
  'docker_error',
  'docker_unavailable',
  'node_unreachable',
  'database_unavailable',
  'audit_unavailable',
  'timed_out',
  'too_many_streams',
  'rate_limited',
  'server_gone',
]);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isKnownCode = (code: unknown): code is ProblemCode => typeof code === 'string' && code in HINTS;
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const problemOf = (code: ProblemCode, message: string, requestId?: string): Problem => ({
  code,
  message,
  hint: HINTS[code],
  canRetry: RETRIABLE.has(code),
  ...(requestId === undefined ? {} : { requestId }),
});

/** The error of a REST answer or stream (`{ error: { code, message, requestId } }`), thrown by `lib/http.ts` callers. */
export class ResponseError extends Error {
  readonly data: { errorCode: string; requestId: string | undefined };
  constructor(code: string, message: string, requestId?: string) {
    super(message);
    this.name = 'ResponseError';
    this.data = { errorCode: code, requestId };
  }
}

/** Reads a failed REST response into an error that `toProblem` understands. */
export const toResponseError = async (response: Response): Promise<ResponseError> => {
  const text = await response.text();
  try {
    const body: unknown = JSON.parse(text);
    const error = isRecord(body) && isRecord(body.error) ? body.error : {};
    return new ResponseError(
      textOf(error.code) ?? 'internal',
      textOf(error.message) ?? `The server answered ${response.status}.`,
      textOf(error.requestId),
    );
  } catch {
    // Not our JSON: a proxy in between answered with a page of its own.
    return new ResponseError(
      response.status >= 502 ? 'server_gone' : 'internal',
      `The server answered ${response.status}.`,
    );
  }
};

/** The code that an error carries itself: those of tRPC and of `ResponseError` have the same shape. */
const findCarried = (error: unknown): Problem | undefined => {
  if (!(error instanceof Error) || !('data' in error) || !isRecord(error.data)) return undefined;
  const { errorCode, requestId } = error.data;
  return isKnownCode(errorCode) ? problemOf(errorCode, error.message, textOf(requestId)) : undefined;
};

/** Turns anything thrown into what people may see; never throws. */
export const toProblem = (error: unknown): Problem => {
  const cause = error instanceof Error ? error.cause : undefined;
  const carried = findCarried(error) ?? findCarried(cause);
  if (carried !== undefined) return carried;
  // fetch reports "no answer" as a TypeError; tRPC wraps it as the cause.
  if (error instanceof TypeError || cause instanceof TypeError)
    return problemOf('server_gone', 'Server Box does not answer.');
  return problemOf('internal', error instanceof Error ? error.message : 'Something unexpected happened.');
};

/** Shorthand for the question that many callers have. */
export const isProblemCode = (error: unknown, ...codes: ProblemCode[]): boolean =>
  codes.includes(toProblem(error).code);
