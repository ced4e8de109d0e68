/** One face for all terminals that are compared: ours over the WebSocket, and the plain `ssh -tt` of OpenSSH. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface Terminal {
  write(text: string): void;
  /** Replaces the listener of before. */
  onBytes(listener: (bytes: Buffer) => void): void;
  /** Takes nothing off the connection and acknowledges nothing. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

/** The browser acknowledges what its screen has taken; in stretches, as the dashboard does. */
const ACK_BYTES = 16 * 1024;

/** Resolves when the core says that the shell is being started. @param url of the terminal's WebSocket */
export const openOurs = async (url: string, token: string): Promise<Terminal> => {
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` }, perMessageDeflate: false });
  let listener: (bytes: Buffer) => void = () => undefined;
  let taken = 0;
  const ready = Promise.withResolvers<void>();
  socket.on('error', ready.reject);
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) {
      if (data.includes('"ready"')) ready.resolve();
      return;
    }
    listener(data);
    taken += data.length;
    if (taken < ACK_BYTES) return;
    socket.send(JSON.stringify({ type: 'ack', bytes: taken }));
    taken = 0;
  });
  await ready.promise;
  return {
    write: (text) => socket.send(Buffer.from(text)),
    onBytes: (given) => {
      listener = given;
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: async () => {
      const closed = once(socket, 'close');
      socket.terminate();
      await closed;
    },
  };
};

const endOf = (child: ChildProcess): Promise<unknown> =>
  child.exitCode === null ? once(child, 'exit') : Promise.resolve();

/** @param argv of ssh: options, then the destination; a remote terminal is asked for here */
export const openSsh = async (argv: readonly string[]): Promise<Terminal> => {
  const child = spawn('ssh', ['-tt', ...argv], { stdio: ['pipe', 'pipe', 'inherit'] });
  let listener: (bytes: Buffer) => void = () => undefined;
  child.stdin.on('error', () => child.kill());
  child.stdout.on('data', (bytes: Buffer) => listener(bytes));
  return {
    write: (text) => child.stdin.write(text),
    onBytes: (given) => {
      listener = given;
    },
    pause: () => child.stdout.pause(),
    resume: () => child.stdout.resume(),
    close: async () => {
      const ended = endOf(child);
      child.kill();
      await ended;
    },
  };
};

const SETTLE_TIMEOUT_MS = 20_000;

/** Resolves when `mark` has come, with the number of bytes until then; writes `text` first. */
export const runUntil = async (terminal: Terminal, text: string, mark: string): Promise<number> => {
  const found = Promise.withResolvers<number>();
  let bytes = 0;
  let tail = '';
  terminal.onBytes((chunk) => {
    bytes += chunk.length;
    // A mark is short: only the end of a packet, with the end of the one before, can show it first.
    const text = tail + chunk.toString('latin1');
    if (text.includes(mark)) found.resolve(bytes);
    tail = text.slice(-mark.length);
  });
  const late = setTimeout(() => found.reject(new Error(`${mark} did not come`)), SETTLE_TIMEOUT_MS * 3);
  terminal.write(text);
  try {
    return await found.promise;
  } finally {
    clearTimeout(late);
  }
};

/** Waits for a shell that answers. The mark is put together by the shell, so that its echo is not taken for it. */
export const settle = async (terminal: Terminal): Promise<void> => {
  await runUntil(terminal, "PS1='$ '; printf 'RE%s\\n' ADY\n", 'READY');
};
