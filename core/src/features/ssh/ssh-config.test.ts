import { expect, test } from 'vitest';
import { parseSshConfig } from './ssh-config.ts';

const TEXT = `
# at the top: defaults for every host
User deploy
Include ~/.ssh/config.d/*

Host web-1 web-2
    HostName %h.example.org
    Port 2222
    IdentityFile "~/.ssh/web key"
    ProxyJump bastion

Host bastion
    Hostname 10.0.0.1
    User=root
    ProxyJump none
    ForwardAgent yes

Host db
    HostName = 2001:db8::7
    ProxyJump bastion,ops@10.0.0.9:2200

Host old
    ProxyCommand nc %h %p

Match host web-1 exec "touch /tmp/owned"
    User intruder

Host web-? !web-2
    User web

Host *
    Port 2022
`;

const parsed = parseSshConfig(TEXT);
const hostOf = (alias: string) => parsed.items.find((host) => host.alias === alias);

test('hosts are found by their names, in the order of the file; patterns are none', () => {
  expect(parsed.items.map(({ alias }) => alias)).toEqual(['web-1', 'web-2', 'bastion', 'db', 'old']);
});

test('the first value wins, and patterns are defaults', () => {
  expect(hostOf('web-1')).toEqual({
    ...{ alias: 'web-1', host: 'web-1.example.org', port: 2222, sshUser: 'deploy' },
    ...{ identityFile: '~/.ssh/web key', jump: ['bastion'], problem: null },
  });
  expect(hostOf('bastion')).toMatchObject({ host: '10.0.0.1', port: 2022, sshUser: 'deploy', jump: [] });
  expect(hostOf('db')).toMatchObject({ host: '2001:db8::7', jump: ['bastion', 'ops@10.0.0.9:2200'] });
});

test('a negated pattern takes a host out', () => {
  const { items } = parseSshConfig('Host a b\nHost * !b\n  User someone');
  expect(items.map(({ sshUser }) => sshUser)).toEqual(['someone', null]);
});

test('what is not followed is told by line, and Match changes nothing', () => {
  expect(parsed.ignored.map(({ line, reason }) => [line, reason.split(':')[0]])).toEqual([
    [4, 'Other files are not read'],
    [16, 'Has no meaning here'],
    [25, 'Conditions of Match are not judged'],
    [26, 'Has no meaning here'],
  ]);
  expect(parsed.items.every(({ sshUser }) => sshUser !== 'intruder')).toBe(true);
});

test('IN-4 IN-5 a host or user that would be an option, and a program to run, are problems', () => {
  const problemOf = (lines: string) => parseSshConfig(`Host h\n${lines}`).items[0]?.problem;
  expect(problemOf('HostName -oProxyCommand=id')).toContain('is not a host name');
  expect(problemOf('User -l')).toContain('user name');
  expect(problemOf('Port 70000')).toContain('port');
  expect(problemOf('ProxyCommand nc %h %p')).toContain('ProxyCommand runs a program');
  expect(problemOf('ProxyCommand none')).toBeNull();
});

test('IN-19 a hostile text of 100 KB is read in no time', () => {
  const hostile = [
    `Host ${'*'.repeat(50_000)}a`,
    `Host ${'a'.repeat(50_000)}`,
    `x${' '.repeat(100_000)}y`,
    '"'.repeat(100_000),
  ];
  const startedAt = performance.now();
  parseSshConfig(hostile.join('\n'));
  expect(performance.now() - startedAt).toBeLessThan(500);
});
