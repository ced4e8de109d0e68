import type { ContainerId } from '@serverbox/contract/ids';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PtyStream } from '../link/link.ts';
import type { TestDocker } from './testing.ts';
import { openTestDocker } from './testing.ts';

let docker: TestDocker;
beforeAll(async () => {
  docker = await openTestDocker('sb-shell');
});
afterAll(() => docker.close());

const SIZE = { cols: 133, rows: 40, term: 'xterm-256color' };
/** Collects what the shell writes. */
const read = (pty: PtyStream) => {
  let text = '';
  pty.stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
};
/** Commands of all processes in the container. */
const processes = async (id: ContainerId): Promise<string[]> => {
  const top = (await docker.engine.call('GET', `/containers/${id}/top`)) as { Processes: string[][] };
  return top.Processes.map((row) => row.at(-1) ?? '');
};

test('a shell has a terminal of the asked size, follows a resize and says how it ended', async () => {
  const id = await docker.run(['sleep', '600']);
  const pty = await docker.shells.openShell(id, SIZE);
  const text = read(pty);
  await expect.poll(() => text()).toContain('#');
  expect(text()).not.toContain('serverbox-');
  pty.stream.write('stty size; echo "$TERM"\n');
  await expect.poll(() => text()).toContain('40 133');
  await expect.poll(() => text()).toContain('xterm-256color');
  pty.resize(90, 20);
  await expect
    .poll(() => {
      pty.stream.write('stty size\n');
      return text();
    })
    .toContain('20 90');
  pty.stream.write('exit 7\n');
  expect(await pty.ended).toEqual({ kind: 'exit', code: 7 });
});

test('WS-7 closing a shell leaves neither it nor its foreground job behind', async () => {
  const id = await docker.run(['sleep', '600']);
  const pty = await docker.shells.openShell(id, SIZE);
  const text = read(pty);
  pty.stream.write('sleep 999\n');
  await expect.poll(() => processes(id)).toContain('sleep 999');
  pty.close();
  await expect.poll(() => processes(id), { timeout: 5000 }).toEqual(['sleep 600']);
  expect(text()).toContain('sleep 999');
});

test('a shell that ignores the hang-up is killed', async () => {
  const id = await docker.run(['sleep', '600']);
  const pty = await docker.shells.openShell(id, SIZE);
  const text = read(pty);
  pty.stream.write("trap '' HUP TERM; echo re''ady\n");
  await expect.poll(() => text()).toContain('ready');
  pty.close();
  await expect.poll(() => processes(id), { timeout: 8000 }).toEqual(['sleep 600']);
});

test('bash is taken where there is one, and a container without any shell is a conflict', async () => {
  const id = await docker.run(['sleep', '600']);
  const pty = await docker.shells.openShell(id, SIZE);
  const text = read(pty);
  const bash = '#!/bin/busybox sh\\necho this is bash; exec /bin/sh\\n';
  pty.stream.write(`printf '${bash}' > /bin/bash; chmod +x /bin/bash; echo do''ne
`);
  await expect.poll(() => text()).toContain('done');
  pty.close();
  const withBash = await docker.shells.openShell(id, SIZE);
  const said = read(withBash);
  await expect.poll(() => said()).toContain('this is bash');
  withBash.stream.write("rm /bin/sh /bin/bash /bin/busybox; echo go''ne\n");
  await expect.poll(() => said()).toContain('gone');
  withBash.close();
  await expect(docker.shells.openShell(id, SIZE)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('no shell'),
  });
});

test('a container that does not run has no shell to offer', async () => {
  const id = await docker.create(['sleep', '600']);
  await expect(docker.shells.openShell(id, SIZE)).rejects.toMatchObject({ code: 'conflict' });
});
