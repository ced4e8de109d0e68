/** Peers that want to harm the core: whatever they do, the link ends within its deadline and within bounded memory. */
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection, ServerChannel } from 'ssh2';
import ssh2 from 'ssh2';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { Secret, silentLog } from '../log.ts';
import { generatePrivateKey, openClientKey } from './ssh-keys.ts';
import { openSshLink } from './ssh-link.ts';
import { dialLab } from './testing-sshd.ts';

const MIB = 1024 * 1024;
const clientKey = openClientKey(generatePrivateKey());
const servers: { close(): void }[] = [];
const sockets: Socket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

const listen = async (server: Server): Promise<number> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

const dial = (port: number, hostKey: Secret, handshakeTimeoutMs: number) => {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  return openSshLink({
    via: 'ssh',
    stream: socket,
    hostPublicKey: openClientKey(hostKey).publicKey,
    clientKey,
    services: [],
    clock: systemClock,
    log: silentLog,
    handshakeTimeoutMs,
  });
};

/** A peer on the raw socket; `attack` writes for as long as the socket lives. */
const rawPeer = (attack: (socket: Socket) => Promise<void> | void) =>
  listen(
    createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined).resume();
      void attack(socket);
    }),
  );

const writeForever = async (socket: Socket, block: Buffer, pauseMs = 0) => {
  while (!socket.destroyed) {
    if (!socket.write(block)) {
      await new Promise<void>((resolve) => socket.once('drain', () => resolve()).once('close', () => resolve()));
    }
    if (pauseMs > 0) await delay(pauseMs);
  }
};

describe('SH-13 before the handshake', () => {
  const line = Buffer.from(`${'x'.repeat(4000)}\r\n`);
  const attacks: [string, (socket: Socket) => Promise<void> | void][] = [
    ['a banner without end', (socket) => writeForever(socket, line)],
    ['one line without end', (socket) => writeForever(socket, Buffer.alloc(64 * 1024, 120))],
    ['one byte at a time', (socket) => writeForever(socket, Buffer.from('x'), 100)],
    [
      'garbage after the greeting',
      (socket) => writeForever(socket, Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), Buffer.alloc(65_536, 0xee)])),
    ],
    ['silence', () => undefined],
    ['a connection that ends at once', (socket) => void socket.destroy()],
  ];

  test.each(attacks)('%s ends in a typed error before the deadline', async (_, attack) => {
    const port = await rawPeer(attack);
    const before = process.memoryUsage().rss;
    const startedAt = performance.now();
    await expect(dial(port, generatePrivateKey(), 1500)).rejects.toMatchObject({ code: 'node_unreachable' });
    expect(performance.now() - startedAt).toBeLessThan(3000);
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * MIB);
  });
});

/** An SSH server with the right host key and bad intentions. */
const sshPeer = async (onConnection: (connection: Connection) => void, options: { banner?: string } = {}) => {
  const hostKey = generatePrivateKey();
  const server = new ssh2.Server({ ...options, hostKeys: [hostKey.reveal()] }, (connection) => {
    connection.on('error', () => undefined);
    onConnection(connection);
  });
  const port = await listen(server as unknown as Server);
  return { port, hostKey };
};
const acceptAll = (connection: Connection) => connection.on('authentication', (attempt) => attempt.accept());

interface ConnectionInside {
  _protocol: {
    kexInProgress?: boolean;
    channelOpenConfirm(...args: number[]): void;
    channelData(channel: number, bytes: Buffer): void;
  };
}
const inside = (value: unknown): ConnectionInside => value as ConnectionInside;

/** Gives an exec channel of the peer to `attack`. */
const execPeer = (attack: (channel: ServerChannel, connection: Connection) => void) =>
  sshPeer((connection) => {
    acceptAll(connection).on('session', (accept) => {
      accept().on('exec', (acceptExec) => attack(acceptExec(), connection));
    });
  });

/** Dials as a node's own sshd is dialled: with a password, which has more steps to be kept busy in. */
const dialWithPassword = (port: number, hostKey: Secret) =>
  dialLab(
    { port, username: 'root' },
    { credential: { kind: 'password', password: new Secret('tea') }, pinned: openClientKey(hostKey).publicKey },
    (socket) => sockets.push(socket),
  );

describe('SH-13 a host that keeps the core busy without end', () => {
  const expectBounded = async (peer: { port: number; hostKey: Secret }) => {
    const before = process.memoryUsage().rss;
    const startedAt = performance.now();
    await expect(dialWithPassword(peer.port, peer.hostKey)).rejects.toMatchObject({
      code: expect.stringMatching(/^(node_unreachable|ssh_auth_failed)$/),
    });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * MIB);
  };

  test('10 MB of banner before the greeting', async () => {
    const line = Buffer.from(`${'x'.repeat(1000)}\r\n`);
    const port = await rawPeer((socket) => void socket.write(Buffer.concat(Array(10_000).fill(line))));
    await expectBounded({ port, hostKey: generatePrivateKey() });
  });

  test('10 MB of banner before the login', async () => {
    await expectBounded(await sshPeer(() => undefined, { banner: 'x'.repeat(10 * MIB) }));
  });

  test('questions without end, 100,000 rounds of them', async () => {
    let rounds = 0;
    const peer = await sshPeer((connection) =>
      connection.on('authentication', (attempt) => {
        if (attempt.method !== 'keyboard-interactive') return attempt.reject(['keyboard-interactive']);
        const ask = () => {
          rounds += 1;
          if (rounds < 100_000) attempt.prompt([{ prompt: 'Again: ', echo: false }], ask);
        };
        ask();
      }),
    );
    await expectBounded(peer);
    expect(rounds).toBeGreaterThan(10);
    expect(rounds).toBeLessThan(100_000);
  });
});

describe('SH-13 during and after authentication', () => {
  test('a server that answers every key with "go on" is left after the first attempt', async () => {
    let attempts = 0;
    const { port, hostKey } = await sshPeer((connection) =>
      connection.on('authentication', (attempt) => {
        attempts += 1;
        attempt.reject(['publickey'], true);
      }),
    );
    await expect(dial(port, hostKey, 3000)).rejects.toMatchObject({ code: 'node_unreachable' });
    expect(attempts).toBe(1);
  });

  test('a server that never answers the key is left at the deadline', async () => {
    const { port, hostKey } = await sshPeer((connection) => connection.on('authentication', () => undefined));
    await expect(dial(port, hostKey, 500)).rejects.toThrow('no SSH handshake within 500 ms');
  });

  test('a peer that sends past its window is cut off, with no more than the window kept', async () => {
    const { port, hostKey } = await execPeer((channel, connection) => {
      const { id } = (channel as unknown as { outgoing: { id: number } }).outgoing;
      for (let i = 0; i < 256; i += 1) inside(connection)._protocol.channelData(id, Buffer.alloc(32_000));
    });
    const link = await dial(port, hostKey, 3000);
    const command = await link.exec(['yes'], { timeoutMs: 5000 });
    await expect(command.ended).rejects.toMatchObject({ code: 'node_unreachable' });
    expect(String(link.closed.reason)).toContain('more than it was allowed to');
  });

  test('a peer that takes packets of 0 bytes cannot trap the writer', async () => {
    const { port, hostKey } = await execPeer(() => undefined);
    const server = await sshPeer((connection) => {
      acceptAll(connection).on('ready', () => {
        const { _protocol: protocol } = inside(connection);
        const confirm = protocol.channelOpenConfirm.bind(protocol);
        protocol.channelOpenConfirm = (remote = 0, local = 0, window = 0) => confirm(remote, local, window, 0);
      });
      connection.on('session', (accept) => accept().on('exec', (acceptExec) => acceptExec()));
    });
    const link = await dial(server.port, server.hostKey, 3000);
    await expect(link.exec(['cat'], { timeoutMs: 2000 })).rejects.toMatchObject({ code: 'node_unreachable' });
    expect(String(link.closed.reason)).toContain('no packets of a usable size');
    // The core is alive and reaches the next node.
    await expect(dial(port, hostKey, 3000)).resolves.toBeDefined();
  });

  test('SH-12 a channel that closes without an exit code is no success', async () => {
    const { port, hostKey } = await execPeer((channel) => {
      channel.write('partial');
      channel.close();
    });
    const link = await dial(port, hostKey, 3000);
    const command = await link.exec(['true'], { timeoutMs: 3000 });
    command.stdout.resume();
    command.stderr.resume();
    await expect(command.ended).rejects.toMatchObject({ code: 'node_unreachable' });
    expect(link.closed.aborted).toBe(false);
  });

  test('a node that never answers a request costs its caller the deadline and nothing more', async () => {
    const { port, hostKey } = await sshPeer((connection) => {
      acceptAll(connection).on('session', (accept) => accept().on('exec', () => undefined));
    });
    const link = await dial(port, hostKey, 3000);
    await expect(link.exec(['true'], { timeoutMs: 300 })).rejects.toMatchObject({ code: 'timed_out' });
    expect(link.closed.aborted).toBe(false);
  });

  test('SH-10 a peer that stops answering is found by keepalive', { timeout: 50_000 }, async () => {
    const { port, hostKey } = await sshPeer(acceptAll);
    const link = await dial(port, hostKey, 3000);
    for (const socket of sockets) socket.pause();
    const startedAt = performance.now();
    await new Promise((resolve) => link.closed.addEventListener('abort', resolve, { once: true }));
    expect(performance.now() - startedAt).toBeLessThan(45_000);
  });
});
