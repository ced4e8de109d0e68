import { expect, test } from 'vitest';
import { authOf, EMPTY_AUTH, EMPTY_SSH, placeOf, sshProblems } from './ssh-draft.ts';

const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----';

test('each field says what is wrong with it', () => {
  expect(Object.keys(sshProblems(EMPTY_SSH))).toEqual(['host', 'privateKey']);
  expect(sshProblems({ ...EMPTY_SSH, host: '-oProxyCommand=x', port: '0', sshUser: '-l' })).toMatchObject({
    host: expect.any(String),
    port: expect.any(String),
    sshUser: expect.any(String),
  });
  expect(sshProblems({ ...EMPTY_SSH, host: 'web-1', auth: { ...EMPTY_AUTH, privateKey: KEY } })).toEqual({});
});

test('the public half of a key is told apart', () => {
  const auth = { ...EMPTY_AUTH, privateKey: 'ssh-ed25519 AAAA me' };
  expect(sshProblems({ ...EMPTY_SSH, host: 'web-1', auth }).privateKey).toContain('public half');
});

test('a key ends with a line end, and an empty passphrase is none', () => {
  expect(authOf({ ...EMPTY_AUTH, privateKey: KEY })).toEqual({ kind: 'key', privateKey: `${KEY}\n` });
  expect(authOf({ ...EMPTY_AUTH, kind: 'generated' })).toEqual({ kind: 'generated' });
  expect(authOf({ ...EMPTY_AUTH, kind: 'stored' })).toBeUndefined();
  expect(placeOf({ ...EMPTY_SSH, host: ' web-1 ', port: '2222' })).toEqual({
    host: 'web-1',
    port: 2222,
    sshUser: 'root',
    jump: [],
  });
});
