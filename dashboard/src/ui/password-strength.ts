/** The least that the core takes; `password-strength.test.ts` holds it to the contract. */
export const MIN_PASSWORD_CHARS = 10;

/** 0 is refused, 1 to 4 fill the bars of the meter. */
export interface PasswordStrength {
  score: 0 | 1 | 2 | 3 | 4;
  label: string;
}

const LABELS = ['Too short', 'Weak', 'Fair', 'Good', 'Strong'] as const;

const COMMON =
  /^(?:password|passwort|qwerty|azerty|letmein|welcome|admin|iloveyou|changeme|serverbox|secret|123456|abc123)/i;

const CLASSES = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d]/];

/** Letters that merely repeat or continue the one before ("aaaa", "1234") add next to nothing to guess. */
const surprisingChars = (password: string): number => {
  let count = 0;
  let before = Number.NEGATIVE_INFINITY;
  for (const char of password) {
    const code = char.codePointAt(0) ?? 0;
    if (Math.abs(code - before) > 1) count += 1;
    before = code;
  }
  return count;
};

/**
 * A rough guess of how hard a password is to guess: length counts more than variety, runs and well-known beginnings count
 * against it. It only advises; the core's rule is the length alone.
 */
export const ratePassword = (password: string): PasswordStrength => {
  if (password.length < MIN_PASSWORD_CHARS) return { score: 0, label: LABELS[0] };
  const variety = CLASSES.filter((pattern) => pattern.test(password)).length;
  const bits = surprisingChars(password) * (2 + variety);
  if (COMMON.test(password) || bits < 30) return { score: 1, label: LABELS[1] };
  if (bits < 48) return { score: 2, label: LABELS[2] };
  if (bits < 70) return { score: 3, label: LABELS[3] };
  return { score: 4, label: LABELS[4] };
};
