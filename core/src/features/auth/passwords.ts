/**
 * Passwords: argon2id (RFC 9106) with 19 MiB, 2 passes, 1 lane — OWASP's first choice, about 13 ms here. Few run at a time and few
 * wait, so that a flood of logins costs neither the memory nor the speed of everything else.
 */
import { hash, verify } from '@node-rs/argon2';
import { AppError } from '../../lib/errors.ts';

/** `algorithm` 2 is argon2id: the library's names are a const enum, which erasable syntax cannot import. */
const OPTIONS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Of the four threads of libuv's pool, two stay free for files and DNS. */
const MAX_RUNNING = 2;
const MAX_WAITING = 100;

export interface Passwords {
  hash(password: string): Promise<string>;
  /**
   * Whether `password` belongs to `stored`; without a stored hash it spends the same time and answers false, so that the time
   * does not tell whether the account exists. @throws AppError `rate_limited` when too many wait
   */
  verify(stored: string | undefined, password: string): Promise<boolean>;
}

export const createPasswords = (): Passwords => {
  let running = 0;
  const waiting: (() => void)[] = [];

  const limited = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= MAX_RUNNING) {
      if (waiting.length >= MAX_WAITING) {
        throw new AppError('rate_limited', 'Too many sign-ins at once; try again in a moment.', {
          retryAfterSeconds: 2,
        });
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      // Hands its place to the next in line, or gives it up.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };

  const placeholder = hash('no account has this password', OPTIONS);
  return {
    hash: (password) => limited(() => hash(password, OPTIONS)),
    verify: (stored, password) =>
      limited(async () => {
        const matches = await verify(stored ?? (await placeholder), password);
        return stored !== undefined && matches;
      }),
  };
};
