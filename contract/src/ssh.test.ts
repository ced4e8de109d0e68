import { expect, test } from 'vitest';
import { SshHost, SshUser } from './ssh.ts';

test.each(['node.example.org', 'node-1', '192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1', 'fe80::1%eth0'])(
  '%s is a host',
  (host) => {
    expect(SshHost.parse(host)).toBe(host);
  },
);

test.each([
  'two hosts',
  'root@node',
  '[2001:db8::1]',
  '[node]:22',
  '%h',
  'node%h',
  'node.%h.example.org',
  'node\u0000',
  'node\u0007x',
  'node\u001b[2J',
  'no\r\nde',
  'n\u00f6de.example.org',
  '\u043d\u043e\u0434\u0430',
  'node\u202egro',
  'node/../x',
  'node;id',
  '$(id)',
  'node`id`',
  '-node',
  `${'a'.repeat(300)}`,
  `${'a.'.repeat(150)}org`,
  '',
  ' ',
])('IN-5 %j is refused as a host', (host) => {
  expect(SshHost.safeParse(host).success).toBe(false);
});

test.each(['-oProxyCommand=id', '--', '-', '-v/:/h', '--privileged'])('IN-4 %s is no host and no user', (option) => {
  expect(SshHost.safeParse(option).success).toBe(false);
  expect(SshUser.safeParse(option).success).toBe(false);
});

test.each(['root', 'deploy_1', 'user@domain', 'DOMAIN\\user', 'machine$'])('%s is a user', (user) => {
  expect(SshUser.parse(user)).toBe(user);
});

test.each(['two users', 'root\n', '$(id)', 'a;id', 'a`id`', "a'b", 'r\u00f6ot', ''])(
  'IN-4 %j is refused as a user',
  (user) => {
    expect(SshUser.safeParse(user).success).toBe(false);
  },
);
