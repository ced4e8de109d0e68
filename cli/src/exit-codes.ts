import type { ErrorCode } from '@serverbox/contract/errors';

/** What a script can rely on. Anything without a code of its own is 1. */
export const EXIT_CODES = {
  ok: 0,
  failed: 1,
  usage: 2,
  notSignedIn: 3,
  notPermitted: 4,
  notFound: 5,
  unreachable: 6,
} as const;

const BY_ERROR: Partial<Record<ErrorCode | 'unreachable', number>> = {
  bad_request: EXIT_CODES.usage,
  unauthenticated: EXIT_CODES.notSignedIn,
  invalid_credentials: EXIT_CODES.notSignedIn,
  forbidden: EXIT_CODES.notPermitted,
  refused_by_policy: EXIT_CODES.notPermitted,
  not_found: EXIT_CODES.notFound,
  node_unreachable: EXIT_CODES.unreachable,
  unreachable: EXIT_CODES.unreachable,
};

export const exitCodeOf = (code: ErrorCode | 'unreachable'): number => BY_ERROR[code] ?? EXIT_CODES.failed;
