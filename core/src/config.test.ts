import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ConfigError, parseConfig } from './config.ts';

test('an empty environment is a complete configuration', () => {
  const config = parseConfig({});
  expect(config).toMatchObject({ HOST: '127.0.0.1', PORT: 3000, SERVERBOX_LOCAL_NODE: 'on', LOG_LEVEL: 'info' });
  expect(config.DATABASE_URL).toBeUndefined();
});

test.each([
  [{ PORT: '70000' }, /PORT/],
  [{ DATABASE_URL: 'mysql://x' }, /DATABASE_URL is not a URL that starts with postgres:\/\//],
  [{ SERVERBOX_MASTER_KEY: 'changeme-changeme-changeme-changeme' }, /SERVERBOX_MASTER_KEY is an example value/],
  [{ SERVERBOX_MASTER_KEY: 'short' }, /SERVERBOX_MASTER_KEY has fewer than 32/],
  [{ SERVERBOX_ADMIN_EMAIL: 'a@b.de' }, /SERVERBOX_ADMIN_PASSWORD goes together/],
  [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL/],
  [{ DATABASE_URL: 'postgres://a', DATABASE_URL_FILE: '/x' }, /both set/],
])('AN-18 bad settings are refused by name: %o', (given, message) => {
  expect(() => parseConfig(given)).toThrow(ConfigError);
  expect(() => parseConfig(given)).toThrow(message);
});

test('a refused secret is not repeated in the message', () => {
  expect(() => parseConfig({ SERVERBOX_MASTER_KEY: 'canary' })).not.toThrow(/canary/);
});

test('a secret can come from a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'serverbox-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'url'), 'postgres://db/x\n');
  expect(parseConfig({ DATABASE_URL_FILE: join(folder, 'url') }).DATABASE_URL?.reveal()).toBe('postgres://db/x');
});
