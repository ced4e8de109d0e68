import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startPostgres } from './postgres.ts';
import { getProgram } from './programs.ts';

const query = async (url: string, sql: string): Promise<string> => {
  const { stdout } = await promisify(execFile)(join(getProgram('postgres'), 'psql'), [
    '-X',
    '-A',
    '-t',
    '-c',
    sql,
    url,
  ]);
  return stdout.trim();
};

test('committed rows survive a kill, and a stopped server leaves no data', async () => {
  const server = await startPostgres();
  try {
    await query(server.url, 'create table seen (n int); insert into seen values (42)');
    await server.kill();
    await expect(query(server.url, 'select 1')).rejects.toThrow(/refused/);
    await server.restart();
    expect(await query(server.url, 'select n from seen')).toBe('42');
    const folder = await query(server.url, 'show data_directory');
    await server.stop();
    expect(existsSync(folder)).toBe(false);
  } finally {
    await server.stop();
  }
});

test('the server asks for its password', async () => {
  const server = await startPostgres();
  try {
    const withoutPassword = new URL(server.url);
    withoutPassword.password = 'wrong';
    await expect(query(withoutPassword.href, 'select 1')).rejects.toThrow(/password authentication failed/);
  } finally {
    await server.stop();
  }
});
