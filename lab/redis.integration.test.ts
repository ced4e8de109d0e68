import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startRedis } from './redis.ts';

const ask = async (url: string, ...command: string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)('redis-cli', ['--no-auth-warning', '-u', url, ...command]);
  return stdout.trim();
};

test('Redis answers with its password only, never evicts, and leaves no files', async () => {
  const server = await startRedis();
  try {
    expect(await ask(server.url, 'ping')).toBe('PONG');
    expect(await ask(server.url.replace(/:[0-9a-f]+@/, ':wrong@'), 'ping')).toMatch(/NOAUTH/);
    expect(await ask(server.url, 'config', 'get', 'maxmemory-policy')).toContain('noeviction');
    const dir = (await ask(server.url, 'config', 'get', 'dir')).split('\n')[1] ?? '';
    expect(existsSync(dir)).toBe(true);
    await server.stop();
    expect(existsSync(dir)).toBe(false);
  } finally {
    await server.stop();
  }
});
