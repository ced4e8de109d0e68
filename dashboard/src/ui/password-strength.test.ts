// @vitest-environment node
import { MIN_PASSWORD_CHARS as CONTRACT_MIN } from '@serverbox/contract/auth';
import { expect, test } from 'vitest';
import { MIN_PASSWORD_CHARS, ratePassword } from './password-strength.ts';

test('the least length is the one of the contract', () => {
  expect(MIN_PASSWORD_CHARS).toBe(CONTRACT_MIN);
});

test.each([
  ['Ab1!xyz', 'Too short'],
  ['password2026!', 'Weak'],
  ['aaaaaaaaaaaaaaaa', 'Weak'],
  ['1234567890', 'Weak'],
  ['lampgarage', 'Fair'],
  ['thimble-oak-rain', 'Good'],
  ['thimble oak rain seven lamps', 'Strong'],
])('"%s" is rated %s', (password, label) => {
  expect(ratePassword(password).label).toBe(label);
});
