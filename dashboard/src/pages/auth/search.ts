export const LOGIN_NOTICES = ['expired', 'signed_out', 'revoked'] as const;
export type LoginNotice = (typeof LOGIN_NOTICES)[number];

export interface LoginSearch {
  /** Where to go once signed in: a path of this site. */
  next?: string;
  /** Why the login is shown. */
  notice?: LoginNotice;
}

/**
 * Only a path of this very site may follow a login: "//evil.example", "/\evil.example" and "https:…" lead elsewhere, and a
 * link that looks like ours would be the perfect bait.
 */
export const isLocalPath = (path: unknown): path is string => {
  if (typeof path !== 'string' || !path.startsWith('/')) return false;
  const base = 'https://here.invalid';
  return URL.canParse(path, base) && new URL(path, base).origin === base && !path.startsWith('/login');
};

/** Keeps only what is known to be harmless: the address bar can be written by anybody. */
export const parseLoginSearch = (raw: Record<string, unknown>): LoginSearch => {
  const notice = LOGIN_NOTICES.find((each) => each === raw.notice);
  return {
    ...(isLocalPath(raw.next) ? { next: raw.next } : {}),
    ...(notice === undefined ? {} : { notice }),
  };
};
