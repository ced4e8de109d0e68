/**
 * A TCP proxy on loopback that can be told to misbehave, because this kernel has no `netem`: delay, limit, slice, half-open,
 * refuse, cut. Settings count for both directions and take effect at once, for connections that are open as well.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type NetworkFaults = {
  /** Each piece arrives so much later; the order is kept. */
  delayMs: number;
  /** Infinite: as fast as it goes. */
  bytesPerSecond: number;
  /** Largest piece that is written at once: 1 tears every message apart. */
  sliceBytes: number;
  /** Takes everything and passes nothing on, in both directions, without closing: the peer went away unheard. */
  isHalfOpen: boolean;
  /** New connections are reset. */
  isRefusing: boolean;
};

export type FaultProxy = {
  port: number;
  set(faults: Partial<NetworkFaults>): void;
  /** Resets every open connection; new ones are taken. */
  cut(): void;
  /** How many clients are connected. */
  readonly openCount: number;
  close(): Promise<void>;
};

const FAULTLESS: NetworkFaults = {
  delayMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  sliceBytes: Number.POSITIVE_INFINITY,
  isHalfOpen: false,
  isRefusing: false,
};
const POLL_MS = 10;

/** What may be written at once, cut from the front of `bytes`. */
const firstPiece = (bytes: Buffer, { sliceBytes, bytesPerSecond }: NetworkFaults): Buffer => {
  const perTick = Math.max(1, Math.floor((bytesPerSecond * POLL_MS) / 1000));
  return bytes.subarray(0, Math.min(sliceBytes, perTick));
};

const rest = async (writtenBytes: number, { sliceBytes, bytesPerSecond }: NetworkFaults): Promise<void> => {
  // Pieces that are written at once would arrive as one.
  if (Number.isFinite(sliceBytes)) await sleep(1);
  if (Number.isFinite(bytesPerSecond)) await sleep((writtenBytes / bytesPerSecond) * 1000);
};

/** Copies one direction. What arrives while the connection is half-open is lost, as it is on a broken path. */
const copy = async (from: Socket, to: Socket, faults: NetworkFaults): Promise<void> => {
  for await (const chunk of from) {
    if (faults.delayMs > 0) await sleep(faults.delayMs);
    for (let left = chunk as Buffer; left.length > 0; ) {
      const piece = firstPiece(left, faults);
      left = left.subarray(piece.length);
      if (!faults.isHalfOpen && !to.write(piece)) await once(to, 'drain');
      await rest(piece.length, faults);
    }
  }
  while (faults.isHalfOpen && !to.destroyed) await sleep(POLL_MS);
  to.end();
};

/** Listens on loopback and passes connections on to `target`, at first without any fault. */
export const openFaultProxy = async (target: { host: string; port: number }, port = 0): Promise<FaultProxy> => {
  const faults = { ...FAULTLESS };
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket.setNoDelay());
    socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket));
  };

  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (faults.isRefusing) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ ...target, allowHalfOpen: true });
    keep(client);
    keep(upstream);
    clients.add(client);
    client.once('close', () => clients.delete(client));
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      // A connection that broke on one side is broken on the other, unless the path swallows the news.
      copy(from, to, faults).catch(() => {
        if (!faults.isHalfOpen) to.resetAndDestroy();
      });
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the kernel gave no port');

  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: address.port,
    set: (changed) => void Object.assign(faults, changed),
    cut,
    get openCount() {
      return clients.size;
    },
    close: async () => {
      server.close();
      cut();
      await once(server, 'close');
    },
  };
};
