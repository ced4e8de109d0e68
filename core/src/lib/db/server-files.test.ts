/** The small readers of what the system and the server write: `postmaster.pid`, `/etc/passwd`, modes of directories. */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { letPass, listBarriers } from './reachable.ts';
import { parsePidFile } from './server-process.ts';
import { parsePasswd } from './server-user.ts';

test('postmaster.pid tells process and state', () => {
  const lines = ['4711', '/data', '1795208770', '5432', '/run', '', '  3158 32', 'ready   ', ''];
  expect(parsePidFile(lines.join('\n'))).toEqual({ pid: 4711, isReady: true });
  expect(parsePidFile(lines.with(7, 'starting').join('\n'))).toEqual({ pid: 4711, isReady: false });
  expect(parsePidFile(lines.slice(0, 5).join('\n'))).toEqual({ pid: 4711, isReady: false });
});

test('a process file that is empty, or names no process that could be ours, says nothing', () => {
  for (const text of ['', '\n', 'x', '0\n', '1\n', '-4711\n'])
    expect(parsePidFile(text), JSON.stringify(text)).toBeUndefined();
});

test('users are read from the user database, lines that are none are passed over', () => {
  expect(parsePasswd('root:x:0:0:root:/root:/bin/bash\n\n+nis\nnobody:x:65534:65533::/:/sbin/nologin\n')).toEqual([
    { name: 'root', uid: 0, gid: 0 },
    { name: 'nobody', uid: 65_534, gid: 65_533 },
  ]);
});

test('directories that a user cannot pass are listed from below', async () => {
  const dir = await mkdtemp('/tmp/serverbox-pass-');
  try {
    const [outer, inner] = [join(dir, 'outer'), join(dir, 'outer/inner')];
    await mkdir(inner, { recursive: true });
    await chmod(dir, 0o755);
    await chmod(outer, 0o700);
    await chmod(inner, 0o750);
    const stranger = { name: 'stranger', uid: 54_321, gid: 54_321 };
    expect(await listBarriers(inner, stranger)).toEqual([inner, outer]);
    const member = { ...stranger, gid: process.getgid?.() ?? 0 };
    expect(await listBarriers(inner, member)).toEqual([outer]);
    await letPass(outer, member);
    expect(await listBarriers(inner, member)).toEqual([]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
