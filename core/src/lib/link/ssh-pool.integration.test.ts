import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { listFamily, pause, resume } from '../../../../lab/faults/processes.ts';
import type { SshServer } from '../../../../lab/sshd.ts';
import { startSshd } from '../../../../lab/sshd.ts';
import { AppError } from '../errors.ts';
import { collectOutput } from './collect-output.ts';
import type { NodeLink } from './link.ts';
import { linkConformance } from './link-conformance.ts';
import type { PublicKey } from './ssh-keys.ts';
import type { SshPoolOptions } from './ssh-pool.ts';
import { keyCredential, openLabPool, scanHostKey } from './testing-sshd.ts';

let sshd: SshServer;
let hostKey: PublicKey;
const opened: Awaited<ReturnType<typeof openLabPool>>[] = [];

beforeAll(async () => {
  sshd = await startSshd();
  hostKey = await scanHostKey(sshd.port);
});
const closeAll = () => {
  for (const { pool, sockets } of opened.splice(0)) {
    pool.close('the test ended');
    for (const socket of sockets) socket.destroySoon();
  }
};
afterEach(closeAll);
afterAll(() => sshd.stop());

const openTo = async (server: SshServer, pinned: PublicKey, options: Partial<SshPoolOptions> = {}) => {
  const one = await openLabPool(server, { credential: keyCredential(server.privateKey), pinned }, options);
  opened.push(one);
  return one;
};
const open = (options: Partial<SshPoolOptions> = {}) => openTo(sshd, hostKey, options);

const run = async (link: NodeLink, argv: [string, ...string[]], timeoutMs = 30_000) =>
  collectOutput(await link.exec(argv, { timeoutMs }), { maxBytes: 4096 });

describe('a pooled link to OpenSSH', () =>
  linkConformance(
    async () => {
      const { pool, cut } = await open();
      return { link: pool, cut };
    },
    { endsCommands: process.getuid?.() !== 0 },
  ));

describe.each([1, 10])('SH-9 a server with MaxSessions %i', (maxSessions) => {
  let small: SshServer;
  let smallKey: PublicKey;
  beforeAll(async () => {
    small = await startSshd({ maxSessions });
    smallKey = await scanHostKey(small.port);
  });
  afterAll(async () => {
    closeAll();
    await small.stop();
  });

  test('50 parallel commands all run, and nobody sees a refusal', async () => {
    const { pool } = await openTo(small, smallKey);
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) => run(pool, ['sh', '-c', `sleep 0.2; echo ${i}`])),
    );
    expect(results.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 50 }, (_, i) => `${i}\n`));
    expect(pool.connectionCount).toBeLessThanOrEqual(16);
  });

  test('a session that still runs on the server after it was given up here is in nobody’s way', async () => {
    const { pool } = await openTo(small, smallKey);
    for (let i = 0; i < 3; i += 1) {
      await expect(run(pool, ['sleep', '5'], 300)).rejects.toMatchObject({ code: 'timed_out' });
    }
    expect((await run(pool, ['echo', 'here'])).stdout).toBe('here\n');
  });
});

describe('one dial and one slot each', () => {
  test('SH-8 8 parallel calls need one connection, 20 at most three, and none is left behind', async () => {
    const { pool, sockets } = await open({ extraIdleMs: 200 });
    await Promise.all(Array.from({ length: 8 }, () => run(pool, ['sleep', '0.2'])));
    expect(sockets).toHaveLength(1);
    await Promise.all(Array.from({ length: 20 }, () => run(pool, ['sleep', '1'])));
    expect(sockets.length).toBeLessThanOrEqual(3);
    await expect.poll(() => pool.connectionCount, { timeout: 3000 }).toBe(1);
    await expect.poll(() => sockets.filter(({ destroyed }) => !destroyed).length, { timeout: 3000 }).toBe(1);
  });

  test('SH-9 a ninth channel goes to a second connection, though the server would take it on the first', async () => {
    const { pool, sockets } = await open();
    await Promise.all(Array.from({ length: 9 }, () => run(pool, ['sleep', '2'])));
    expect(sockets).toHaveLength(2);
  });

  test('a connection with a live channel is never let go, however long the others are idle', async () => {
    const { pool } = await open({ extraIdleMs: 50, lingerMs: 50 });
    const long = await pool.exec(['sh', '-c', 'sleep 1; echo done'], { timeoutMs: 5000 });
    const output = collectOutput(long, { maxBytes: 100 });
    await Promise.all(Array.from({ length: 12 }, () => run(pool, ['true'])));
    await delay(300);
    expect(pool.closed.aborted).toBe(false);
    expect((await output).stdout).toBe('done\n');
    await expect.poll(() => pool.closed.aborted).toBe(true);
  });

  test('nobody looks any more: the last connection goes, unless it is held', async () => {
    const { pool } = await open({ lingerMs: 100 });
    const release = pool.hold();
    await delay(300);
    expect(pool.closed.aborted).toBe(false);
    release();
    await expect.poll(() => pool.closed.aborted).toBe(true);
    await expect(pool.exec(['true'], { timeoutMs: 1000 })).rejects.toMatchObject({ code: 'node_unreachable' });
  });
});

/** Those of the connections: all below the one that listens. */
const connectionProcesses = (listener: number): number[] =>
  listFamily(listener)
    .slice(1)
    .map(({ pid }) => pid);

describe('a connection that went bad', () => {
  test('SH-7 an opening without an answer: the next caller gets a working connection', async () => {
    const own = await startSshd();
    const { pool, sockets } = await openTo(own, await scanHostKey(own.port));
    const stopped = connectionProcesses(own.pid);
    expect(stopped.length).toBeGreaterThan(0);
    await pause(stopped);
    try {
      await expect(run(pool, ['true'], 700)).rejects.toMatchObject({ code: 'timed_out' });
      // The pool closes with its only connection; whoever asks next dials anew.
      await expect.poll(() => pool.closed.aborted).toBe(true);
      const next = await openTo(own, await scanHostKey(own.port));
      expect((await run(next.pool, ['echo', 'well'], 5000)).stdout).toBe('well\n');
    } finally {
      resume(stopped);
      closeAll();
      for (const socket of sockets) socket.destroy();
      await own.stop();
    }
  });

  test('SH-7 beside live channels it is kept for them, and the next caller goes to another one', async () => {
    const { pool, sockets } = await open();
    const shell = await pool.shell({ cols: 80, rows: 24, term: 'xterm' });
    shell.stream.resume();
    // An opening that gets no answer in time: the server itself takes longer than the caller waits.
    sockets[0]?.pause();
    await expect(run(pool, ['true'], 300)).rejects.toMatchObject({ code: 'timed_out' });
    expect((await run(pool, ['echo', 'well'], 5000)).stdout).toBe('well\n');
    expect(sockets).toHaveLength(2);
    sockets[0]?.resume();
    expect(shell.stream.destroyed).toBe(false);
    shell.close();
  });

  test('SH-10 a stopped sshd is found within 45 s, and the caller errs by its deadline', {
    timeout: 60_000,
  }, async () => {
    const own = await startSshd();
    const { pool } = await openTo(own, await scanHostKey(own.port));
    const command = await pool.exec(['sleep', '120'], { timeoutMs: 100_000 });
    command.stdout.resume();
    command.stderr.resume();
    const stopped = connectionProcesses(own.pid);
    await pause(stopped);
    const startedAt = performance.now();
    await expect(command.ended).rejects.toMatchObject({ code: 'node_unreachable' });
    expect(performance.now() - startedAt).toBeLessThan(45_000);
    expect(pool.closed.aborted).toBe(true);
    resume(stopped);
    await own.stop();
  });
});

describe('SH-16 an access that changes', () => {
  const reason = new AppError('node_unreachable', 'The access was changed.');

  test('lets what runs end by itself, and takes no further call', async () => {
    const { pool } = await open({ drainMs: 5000 });
    const command = collectOutput(await pool.exec(['sh', '-c', 'sleep 0.5; echo done'], { timeoutMs: 9000 }), {
      maxBytes: 100,
    });
    pool.drain(reason);
    expect(pool.closed.aborted).toBe(true);
    await expect(run(pool, ['true'])).rejects.toBe(reason);
    expect((await command).stdout).toBe('done\n');
    await expect.poll(() => pool.connectionCount).toBe(0);
  });

  test('ends what runs too long, by name', async () => {
    const { pool } = await open({ drainMs: 300 });
    const command = await pool.exec(['sleep', '30'], { timeoutMs: 60_000 });
    pool.drain(reason);
    await expect(command.ended).rejects.toThrow('The access was changed.');
  });
});

describe('files and forwards', () => {
  test('SFTP reads and writes a file, and counts as a channel', async () => {
    const { pool } = await open({ lingerMs: 50 });
    const sftp = await pool.sftp();
    const path = `/tmp/serverbox-sftp-${process.pid}`;
    const content = Buffer.alloc(3_000_000, 'serverbox ');
    await new Promise<void>((resolve, reject) => {
      sftp.writeFile(path, content, (error) => (error ? reject(error) : resolve()));
    });
    await delay(200);
    expect(pool.closed.aborted).toBe(false);
    const read = await new Promise<Buffer>((resolve, reject) => {
      sftp.readFile(path, (error, bytes) => (error ? reject(error) : resolve(bytes)));
    });
    expect(read.equals(content)).toBe(true);
    await new Promise((resolve) => sftp.unlink(path, resolve));
    sftp.end();
    await expect.poll(() => pool.closed.aborted).toBe(true);
  });

  test('SFTP on a connection that is lost fails its callers and nobody else', async () => {
    const { pool, cut } = await open();
    const sftp = await pool.sftp();
    const failed = new Promise<Error | undefined>((resolve) => {
      sftp.readdir('/usr/share', () => undefined);
      cut();
      sftp.stat('/', (error) => resolve(error));
    });
    await expect(Promise.race([failed, delay(5000, undefined)])).resolves.toBeInstanceOf(Error);
  });

  test('a TCP stream to where nothing listens is a typed error, and the link goes on', async () => {
    const { pool } = await open();
    const server = createServer((peer) => peer.end('hello')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const stream = await pool.dialTcp('127.0.0.1', port);
    const [first] = await new Promise<Buffer[]>((resolve) => stream.once('data', (bytes: Buffer) => resolve([bytes])));
    expect(String(first)).toBe('hello');
    await new Promise((resolve) => server.close(resolve));
    await expect(pool.dialTcp('127.0.0.1', port)).rejects.toMatchObject({ code: 'node_unreachable' });
    await expect(pool.subsystem('metrics')).rejects.toMatchObject({ code: 'not_supported' });
  });
});
