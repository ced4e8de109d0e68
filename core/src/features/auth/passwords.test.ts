import { verify } from '@node-rs/argon2';
import { expect, test, vi } from 'vitest';
import { createPasswords } from './passwords.ts';

/** The real library, watched. */
vi.mock('@node-rs/argon2', async (importOriginal) => {
  const actual = await importOriginal<typeof import('@node-rs/argon2')>();
  return { ...actual, verify: vi.fn(actual.verify) };
});

test('AN-12 72, 73 and 1,000 bytes differ: nothing is cut off', async () => {
  const passwords = createPasswords();
  for (const length of [72, 73, 1000]) {
    const stored = await passwords.hash('x'.repeat(length));
    expect(await passwords.verify(stored, 'x'.repeat(length))).toBe(true);
    expect(await passwords.verify(stored, `${'x'.repeat(length - 1)}y`)).toBe(false);
    expect(await passwords.verify(stored, 'x'.repeat(length - 1))).toBe(false);
  }
});

test('AN-12 Unicode passwords are taken as they are', async () => {
  const passwords = createPasswords();
  const stored = await passwords.hash('пароль-密码-🔑');
  expect(await passwords.verify(stored, 'пароль-密码-🔑')).toBe(true);
});

test('AN-11 without an account the answer is false, after the same work', async () => {
  const passwords = createPasswords();
  const stored = await passwords.hash('right-password');
  vi.mocked(verify).mockClear();
  await passwords.verify(stored, 'wrong-password');
  expect(await passwords.verify(undefined, 'no account has this password')).toBe(false);
  const [[known = ''] = [], [unknown = ''] = []] = vi.mocked(verify).mock.calls;
  expect(vi.mocked(verify)).toHaveBeenCalledTimes(2);
  // The costs stand in the hash before the salt.
  const costsOf = (hash: string | Uint8Array) => String(hash).split('$').slice(0, 4);
  expect(costsOf(unknown)).toEqual(costsOf(known));
});

test('AN-13 a flood is cut at a bounded queue and everyone admitted gets an answer', async () => {
  const passwords = createPasswords();
  const stored = await passwords.hash('right-password');
  const attempts = Array.from({ length: 200 }, () => passwords.verify(stored, 'right-password'));
  const settled = await Promise.allSettled(attempts);
  const refused = settled.filter((result) => result.status === 'rejected');
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.every((result) => /Too many sign-ins/.test(String(result.reason)))).toBe(true);
  expect(settled.filter((result) => result.status === 'fulfilled' && result.value).length).toBe(200 - refused.length);
  expect(await passwords.verify(stored, 'right-password')).toBe(true);
});
