import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SshServer } from '../../../../lab/sshd.ts';
import { startSshd } from '../../../../lab/sshd.ts';
import { systemClock } from '../clock.ts';
import { Secret, silentLog } from '../log.ts';
import { linkConformance } from './link-conformance.ts';
import type { PublicKey } from './ssh-keys.ts';
import { generatePrivateKey, openClientKey, parsePublicKey } from './ssh-keys.ts';
import type { SshLink } from './ssh-link.ts';
import { openSshLink } from './ssh-link.ts';

let sshd: SshServer;
let hostPublicKey: PublicKey;
const opened: { link: SshLink; socket: Socket }[] = [];
const dialled: Socket[] = [];

beforeAll(async () => {
  sshd = await startSshd();
  const scanned = execFileSync('ssh-keyscan', ['-t', 'ed25519', '-p', String(sshd.port), '127.0.0.1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  hostPublicKey = parsePublicKey(scanned.toString().trim().split(' ').slice(1).join(' '));
});
afterEach(() => {
  for (const { link } of opened.splice(0)) link.close('the test ended');
  // Also a link that should not have come about: sshd waits for its clients before it ends.
  for (const socket of dialled.splice(0)) socket.destroySoon();
});
afterAll(() => sshd.stop());

const dial = (overrides: { hostPublicKey?: PublicKey; privateKey?: Secret } = {}) => {
  const socket = connect(sshd.port, '127.0.0.1').setNoDelay();
  dialled.push(socket);
  const link = openSshLink({
    via: 'ssh',
    stream: socket,
    hostPublicKey: overrides.hostPublicKey ?? hostPublicKey,
    clientKey: openClientKey(overrides.privateKey ?? new Secret(sshd.privateKey)),
    username: sshd.username,
    services: ['exec', 'terminal'],
    clock: systemClock,
    log: silentLog,
  });
  return { socket, link };
};

const open = async () => {
  const { socket, link: opening } = dial();
  const link = await opening;
  opened.push({ link, socket });
  return { link, cut: () => socket.resetAndDestroy() };
};

test('the pinned host key is the one whose fingerprint sshd prints', () => {
  expect(hostPublicKey.fingerprint).toBe(sshd.hostKeyFingerprint);
});

describe('a link to OpenSSH', () => linkConformance(open, { endsCommands: process.getuid?.() !== 0 }));

describe('trust', () => {
  test('SH-2 another host key than the pinned one ends the connection before our key is shown', async () => {
    const other = openClientKey(generatePrivateKey()).publicKey;
    const { link, socket } = dial({ hostPublicKey: other });
    await expect(link).rejects.toMatchObject({
      code: 'node_unreachable',
      message: 'The node could not be linked: the host key is not the pinned one.',
    });
    expect(socket.destroyed).toBe(true);
  });

  test('a key that the node does not know is a typed error after one attempt', async () => {
    await expect(dial({ privateKey: generatePrivateKey() }).link).rejects.toMatchObject({ code: 'node_unreachable' });
  });
});

describe('sockets', () => {
  const path = join(tmpdir(), `serverbox-link-${process.pid}.sock`);
  afterEach(() => rmSync(path, { force: true }));

  test('a Unix socket on the node is a stream with half-close and a clean end', async () => {
    const server = createServer({ allowHalfOpen: true }, (peer) => peer.pipe(peer)).listen(path);
    const { link } = await open();
    const stream = await link.dialUnix(path);
    const received: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => received.push(chunk));
    stream.end(Buffer.alloc(3 * 1024 * 1024, 7));
    await new Promise((resolve) => stream.once('close', resolve));
    expect(Buffer.concat(received)).toHaveLength(3 * 1024 * 1024);
    server.close();
  });

  test('a socket that is not there is told as such', async () => {
    const { link } = await open();
    await expect(link.dialUnix(path)).rejects.toMatchObject({ code: 'docker_unavailable' });
  });

  test('a stream over a lost link closes with an error, also when nobody listens for errors', async () => {
    const server = createServer((peer) => peer.resume()).listen(path);
    const { link, cut } = await open();
    const stream = await link.dialUnix(path);
    const closed = new Promise((resolve) => stream.once('close', resolve));
    cut();
    await closed;
    expect(stream.errored).toMatchObject({ code: 'node_unreachable' });
    server.close();
  });
});

describe('refusals', () => {
  test('an unknown subsystem is refused, and the connection goes on', async () => {
    const { link } = await open();
    await expect(link.subsystem('metrics')).rejects.toMatchObject({ code: 'node_unreachable' });
    const command = await link.exec(['true'], { timeoutMs: 5000 });
    command.stdout.resume();
    command.stderr.resume();
    expect(await command.ended).toEqual({ kind: 'exit', code: 0 });
  });
});
