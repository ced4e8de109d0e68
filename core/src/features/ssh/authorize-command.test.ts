import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { generatePrivateKey, openClientKey } from '../../lib/link/ssh-keys.ts';
import { authorizeCommand } from './authorize-command.ts';

const { line } = openClientKey(generatePrivateKey()).publicKey;
const homes: string[] = [];
afterEach(() => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true });
});

const makeHome = () => {
  const home = mkdtempSync(join(tmpdir(), 'serverbox-home-'));
  homes.push(home);
  return { home, file: join(home, '.ssh/authorized_keys') };
};
const paste = (home: string, shell: string) =>
  execFileSync(shell, ['-c', authorizeCommand(line)], { env: { HOME: home, PATH: process.env.PATH } });

test.each(['sh', 'bash'])('pasted into %s twice, the key stands there once, for the user alone', (shell) => {
  const { home, file } = makeHome();
  paste(home, shell);
  paste(home, shell);
  expect(readFileSync(file, 'utf8').trim()).toBe(`${line} serverbox`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, '.ssh')).mode & 0o777).toBe(0o700);
});

test('what is there stays, also a last line without an end', () => {
  const { home, file } = makeHome();
  mkdirSync(join(home, '.ssh'));
  writeFileSync(file, 'ssh-ed25519 AAAA someone');
  paste(home, 'sh');
  expect(readFileSync(file, 'utf8').split('\n')).toEqual(['ssh-ed25519 AAAA someone', `${line} serverbox`, '']);
});

test('IN-1 a key that is no key never becomes a command', () => {
  expect(() => authorizeCommand("ssh-ed25519 AAAA'; touch /tmp/canary; '")).toThrow('not of the form');
});
