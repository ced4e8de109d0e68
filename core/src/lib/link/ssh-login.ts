/** How the core proves itself to a host. One attempt by each means: a server that says "go on" is not asked for ever. */
import type { AuthHandlerMiddleware, NextAuthHandler, ParsedKey } from 'ssh2';
import { AppError } from '../errors.ts';
import type { Secret } from '../log.ts';
import type { ClientKey } from './ssh-keys.ts';
import { parseLoginKey } from './ssh-private-keys.ts';

export type Credential = { kind: 'key'; privateKey: Secret } | { kind: 'password'; password: Secret };

/** The attempts of one connection. */
export interface Login {
  username: string;
  /** ssh2 calls it for each attempt. */
  attempt: AuthHandlerMiddleware;
  /** The error of a connection on which no attempt succeeded. `said` is the library's own message. */
  refused(said: string): Error;
}
export type StartLogin = () => Login;

/** ssh2 takes `false` for "no more"; its types do not know it. */
const stop = (next: NextAuthHandler): void => next(false as never);

/** With the core's own key, once. Agents ignore the name. */
export const loginToAgent =
  (key: ClientKey, username = 'serverbox'): StartLogin =>
  () => {
    let mayOfferKey = true;
    return {
      username,
      attempt: (_left, _partial, next) => {
        if (mayOfferKey) next({ type: 'publickey', username, key: key.privateKey.reveal() });
        else stop(next);
        mayOfferKey = false;
      },
      refused: (said) => new Error(said),
    };
  };

const OLD_SIGNATURES = 'it takes RSA keys only with SHA-1 signatures, which are not made';

/** SHA-1 is what ssh2 falls back to where a server does not say which signatures it takes. */
const refuseSha1 = (key: ParsedKey): void => {
  const sign = key.sign.bind(key);
  key.sign = (data, algorithm) =>
    algorithm === 'sha1' ? (new Error(OLD_SIGNATURES) as unknown as Buffer) : sign(data, algorithm);
};

type Attempt = (left: readonly string[], next: NextAuthHandler) => boolean;

const keyAttempts = (username: string, key: ParsedKey): Attempt[] => [
  (_left, next) => {
    next({ type: 'publickey', username, key });
    return true;
  },
];

/** Answers one question that hides what is typed, as PAM asks for a password; anything else is no password. */
const passwordAttempts = (username: string, password: Secret): Attempt[] => {
  let isAnswered = false;
  return [
    // Asks which means the host takes, so that the password is not tried where it cannot be.
    (_left, next) => {
      next({ type: 'none', username });
      return true;
    },
    (left, next) => {
      if (!left.includes('password')) return false;
      next({ type: 'password', username, password: password.reveal() });
      return true;
    },
    (left, next) => {
      if (!left.includes('keyboard-interactive')) return false;
      next({
        type: 'keyboard-interactive',
        username,
        prompt: (_name, _instructions, _language, prompts, answer) => {
          const isPassword = !isAnswered && prompts.length === 1 && prompts[0]?.echo !== true;
          isAnswered = true;
          answer(isPassword ? [password.reveal()] : prompts.map(() => ''));
        },
      });
      return true;
    },
  ];
};

interface Refusal {
  username: string;
  kind: Credential['kind'];
  /** What the host takes, as it last said. */
  left: readonly string[];
  said: string;
  isPartial: boolean;
}

const sentence = ({ username, kind, left, said, isPartial }: Refusal): string => {
  const what = `the ${kind} of the user ${username}`;
  if (isPartial) return `The host took ${what} and asks for more: ${left.join(', ')}.`;
  const why = said.includes(OLD_SIGNATURES) ? `: ${OLD_SIGNATURES}` : '';
  const takes = left.length === 0 ? '' : ` It takes: ${left.join(', ')}.`;
  return `The host refused ${what}${why}.${takes}`;
};

/** To sshd, as one user with one credential. @throws Error for a key that `readLoginKey` has not written */
export const loginToHost = (
  username: string,
  credential: Credential,
  { allowsWeak }: { allowsWeak: boolean },
): StartLogin => {
  const { kind } = credential;
  const key = kind === 'key' ? parseLoginKey(credential.privateKey) : undefined;
  if (key !== undefined && !allowsWeak) refuseSha1(key);
  const attemptsOf = (): Attempt[] =>
    credential.kind === 'key'
      ? keyAttempts(username, key as ParsedKey)
      : passwordAttempts(username, credential.password);
  return () => {
    const attempts = attemptsOf();
    let left: readonly string[] = [];
    let isPartial = false;
    return {
      username,
      attempt: (remaining, partial, next) => {
        left = remaining ?? [];
        isPartial ||= partial === true;
        for (let step = attempts.shift(); step !== undefined; step = attempts.shift()) if (step(left, next)) return;
        stop(next);
      },
      refused: (said) => new AppError('ssh_auth_failed', sentence({ username, kind, left, said, isPartial })),
    };
  };
};
