/**
 * The closed list of error codes: what every surface (tRPC, REST, streams, CLI) answers with.
 * `status` is the HTTP status; `when` is the sentence in the generated documentation.
 */
export const ERRORS = {
  bad_request: { status: 400, when: 'The input does not fit the schema; the message names the field.' },
  unauthenticated: { status: 401, when: 'No session or token, or it has expired or was revoked.' },
  invalid_credentials: { status: 401, when: 'E-mail or password is wrong.' },
  invalid_setup_code: { status: 401, when: 'The one-time set-up code is wrong.' },
  forbidden: { status: 403, when: 'Signed in, but not permitted to do this.' },
  origin_refused: { status: 403, when: 'The request comes from a page of another origin.' },
  not_found: { status: 404, when: 'No such object, or it is not yours to see.' },
  conflict: { status: 409, when: 'The object is in a state that does not allow this.' },
  setup_done: { status: 409, when: 'Set-up was completed before; there is one first administrator.' },
  payload_too_large: { status: 413, when: 'The body is larger than this endpoint takes.' },
  refused_by_policy: { status: 403, when: "The node's own policy does not permit this; its owner decides." },
  rate_limited: { status: 429, when: 'Too many attempts; the message says when to try again.' },
  too_many_streams: { status: 429, when: 'Too many open streams for this user or node.' },
  internal: { status: 500, when: 'A defect in Server Box; the request id finds it in the log.' },
  docker_error: { status: 502, when: 'The Docker engine answered with an error; its text is in the message.' },
  docker_unavailable: { status: 503, when: 'Docker does not answer on this node: absent, stopped or not permitted.' },
  node_unreachable: { status: 503, when: 'The node has no link now.' },
  host_key_unknown: {
    status: 409,
    when: 'First contact: the host key waits for an explicit yes, and nothing was sent to the host.',
  },
  host_key_changed: {
    status: 409,
    when: 'The host showed another key than the pinned one; the connection was stopped before authentication.',
  },
  ssh_auth_failed: { status: 502, when: 'The host refused the user, key or password.' },
  not_supported: { status: 409, when: 'The way in use to this node cannot do this; the message says which one can.' },
  push_disabled: { status: 503, when: 'No machine reports by the push script; add one before it is run.' },
  database_unavailable: { status: 503, when: 'The database does not answer; nothing was changed.' },
  audit_unavailable: { status: 503, when: 'The audit trail cannot take a record, so nothing was done.' },
  outcome_unrecorded: {
    status: 500,
    when: 'It is over as the message says; the audit trail shows its outcome as unknown.',
  },
  timed_out: { status: 504, when: 'The deadline passed before an answer came.' },
} as const satisfies Record<string, { status: number; when: string }>;

export type ErrorCode = keyof typeof ERRORS;
export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[];

/** The body of every REST error. */
export interface ErrorBody {
  error: { code: ErrorCode; message: string; requestId: string };
}
