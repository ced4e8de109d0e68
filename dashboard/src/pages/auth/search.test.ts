// @vitest-environment node
import { expect, test } from 'vitest';
import { isLocalPath, parseLoginSearch } from './search.ts';
import { codeOfFragment } from './setup-code.ts';

test.each([
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  'https://evil.example/',
  'javascript:alert(1)',
  '/\t/evil.example',
  'nodes',
  '',
  '/login?next=/login',
  42,
  null,
  'data:text/html,<script>alert(1)</script>',
])('IN-21 after the login nobody is led to %j', (next) => {
  expect(isLocalPath(next)).toBe(false);
  expect(parseLoginSearch({ next })).toEqual({});
});

test.each(['/', '/nodes', '/nodes/0190?range=24h#top', '/containers?q=a%2F%2Fb'])('%s is a place of ours', (next) => {
  expect(parseLoginSearch({ next, notice: 'expired' })).toEqual({ next, notice: 'expired' });
});

test('a notice that was never written is not shown', () => {
  expect(parseLoginSearch({ notice: 'Your account was hacked, call …' })).toEqual({});
});

test.each([
  ['#code=abcd-1234', 'abcd-1234'],
  ['code=abcd-1234', 'abcd-1234'],
  ['#code=a%2Fb', 'a/b'],
  ['', ''],
  ['#other=1', ''],
])('the fragment %s carries the code "%s"', (fragment, code) => {
  expect(codeOfFragment(fragment)).toBe(code);
});
