/** For tests: dials an SSH server of the lab, as a node's own sshd is dialled. */
import { execFile } from 'node:child_process';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { systemClock } from '../clock.ts';
import { Secret, silentLog } from '../log.ts';
import type { NodeLink } from './link.ts';
import { openTcp } from './open-tcp.ts';
import type { Slots } from './slots.ts';
import { createSlots } from './slots.ts';
import type { DialledHost } from './ssh-dial.ts';
import { dialHost } from './ssh-dial.ts';
import type { PublicKey } from './ssh-keys.ts';
import { openClientKey, parseKeyLine } from './ssh-keys.ts';
import { openSshLink } from './ssh-link.ts';
import type { Credential } from './ssh-login.ts';
import { loginToHost } from './ssh-login.ts';
import type { SshPoolOptions } from './ssh-pool.ts';
import { openSshPool } from './ssh-pool.ts';

export interface LabServer {
  port: number;
  username: string;
}

/** What a careful person would compare: the key, asked for by another program. */
export const scanHostKey = async (port: number, type = 'ed25519'): Promise<PublicKey> => {
  const { stdout } = await promisify(execFile)('ssh-keyscan', ['-t', type, '-p', String(port), '127.0.0.1']);
  return parseKeyLine(stdout.trim().split(' ').slice(1).join(' '));
};

export interface LabDial {
  credential: Credential;
  /** Undefined: first contact. */
  pinned: PublicKey | undefined;
  learnt?: readonly PublicKey[];
  allowsWeak?: boolean;
  slots?: Slots;
  learnHostKeys?: (keys: PublicKey[]) => void;
}

export const keyCredential = (privateKey: string): Credential => ({
  kind: 'key',
  privateKey: new Secret(privateKey),
});

/** @param onSocket is given the connection below, to be cut */
export const dialLab = async (
  server: LabServer,
  dial: LabDial,
  onSocket: (socket: Socket) => void = () => undefined,
): Promise<DialledHost> => {
  const { credential, pinned, learnt = [], allowsWeak = false, slots = createSlots(32), learnHostKeys } = dial;
  const socket = await openTcp('127.0.0.1', server.port, 5000);
  onSocket(socket);
  const startLogin = loginToHost(server.username, credential, { allowsWeak });
  return dialHost({ startLogin, pinned, learnt, allowsWeak }, socket, {
    slots,
    ...(learnHostKeys === undefined ? {} : { learnHostKeys }),
  });
};

/** One connection without a pool, over which commands alone are permitted. */
export const openLabLink = async (server: LabServer & { privateKey: string }): Promise<NodeLink> =>
  openSshLink({
    via: 'ssh',
    stream: await openTcp('127.0.0.1', server.port, 5000),
    hostPublicKey: await scanHostKey(server.port),
    clientKey: openClientKey(new Secret(server.privateKey)),
    username: server.username,
    services: ['exec'],
    clock: systemClock,
    log: silentLog,
  });

/** A pool whose connections are counted, and can be cut as a pulled cable would. */
export const openLabPool = async (server: LabServer, dial: LabDial, options: Partial<SshPoolOptions> = {}) => {
  const sockets: Socket[] = [];
  const pool = await openSshPool({
    connect: async () => (await dialLab(server, dial, (socket) => sockets.push(socket))).session,
    clock: systemClock,
    log: silentLog,
    ...options,
  });
  return {
    pool,
    sockets,
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
  };
};
