/** The address of this core in commands that people paste on other machines. */

export interface BaseUrlOptions {
  /** `SERVERBOX_PUBLIC_URL`, the last word where it is set. */
  publicUrl: string | undefined;
  /** Whether `SERVERBOX_TRUSTED_PROXIES` names any: only then a proxy may say what it was asked for. */
  hasTrustedProxies: boolean;
}

const FALLBACK = 'http://127.0.0.1:3000';
const HOST_PATTERN = /^[A-Za-z0-9.-]+(:\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$/;

const isOrigin = (text: string): boolean => {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { origin, host } = new URL(text);
  return origin === text && HOST_PATTERN.test(host);
};
const firstOf = (header: string | null): string => header?.split(',')[0]?.trim() ?? '';

/**
 * Answers for one request. Without the setting it is the origin that the asking browser shows, else the `Host` that was asked
 * for: whoever lies about either gets a wrong command, and nobody else does.
 */
export const createBaseUrl =
  ({ publicUrl, hasTrustedProxies }: BaseUrlOptions) =>
  (headers: Headers): string => {
    if (publicUrl !== undefined) return publicUrl;
    const origin = headers.get('origin') ?? '';
    if (isOrigin(origin)) return origin;
    const forwarded = (name: string) => (hasTrustedProxies ? firstOf(headers.get(name)) : '');
    const scheme = forwarded('x-forwarded-proto') === 'https' ? 'https' : 'http';
    const host = forwarded('x-forwarded-host') || firstOf(headers.get('host'));
    return HOST_PATTERN.test(host) ? `${scheme}://${host.toLowerCase()}` : FALLBACK;
  };
export type BaseUrl = ReturnType<typeof createBaseUrl>;

const LOOPBACK = /^(localhost|127\.[\d.]+|\[::1\])$/;

/** What to know before the command is pasted; null when nothing is in its way. */
export const addressHint = (baseUrl: string): string | null => {
  const { protocol, hostname } = new URL(baseUrl);
  if (LOOPBACK.test(hostname)) {
    return `${baseUrl} is this machine alone: other machines cannot reach it. Have Server Box listen on another address (HOST) and set SERVERBOX_PUBLIC_URL.`;
  }
  if (protocol === 'http:') {
    return 'The address is plain http: the link itself is encrypted, but the download of the installer is not protected. Use https, or install over SSH.';
  }
  return null;
};
