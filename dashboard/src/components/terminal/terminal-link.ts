/**
 * The WebSocket of one shell over its whole life: opening, flow control, loss and a fresh shell after it, the end. Knows
 * nothing of the screen; bytes go out through `onOutput`, whose callback is the screen's word that it has taken them.
 */
import type { ClientControl } from '@serverbox/contract/terminal';
import { CLOSE_FORBIDDEN, CLOSE_UNAUTHENTICATED, ServerControl } from '@serverbox/contract/terminal';
import { createCredit } from './credit.ts';
import { toFrames } from './input.ts';
import type { TerminalSize } from './shell-target.ts';

export type LinkState =
  | { is: 'connecting' }
  | { is: 'open' }
  | { is: 'lost'; retryInMs: number }
  | { is: 'exited'; code: number | null; signal: string | null }
  | { is: 'refused'; code: string; message: string };

export interface TerminalLinkOptions {
  openSocket(size: TerminalSize): WebSocket;
  size(): TerminalSize;
  onOutput(bytes: Uint8Array, taken: () => void): void;
  onState(state: LinkState): void;
  /** A shell is there. `isFresh`: it replaces one that was lost with its connection. */
  onReady(isFresh: boolean): void;
  /** Renews an expired session; false when the user has to sign in. */
  ensureFresh(): Promise<boolean>;
  schedule(run: () => void, delayMs: number): () => void;
}

export interface TerminalLink {
  send(bytes: Uint8Array): void;
  resize(size: TerminalSize): void;
  /** Opens a new shell now, whatever became of the last one. */
  reopen(): void;
  close(): void;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
const SIGNED_OUT: LinkState = {
  is: 'refused',
  code: 'unauthenticated',
  message: 'Your session has ended. Sign in again.',
};
const FORBIDDEN: LinkState = { is: 'refused', code: 'forbidden', message: 'You may not open shells here.' };

export const openTerminalLink = (options: TerminalLinkOptions): TerminalLink => {
  let socket: WebSocket | undefined;
  let cancelRetry: (() => void) | undefined;
  let retryMs = FIRST_RETRY_MS;
  let hadShell = false;
  let triedRenewal = false;
  let isClosed = false;

  const control = (message: ClientControl) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };

  const retryLater = () => {
    const inMs = retryMs;
    retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    options.onState({ is: 'lost', retryInMs: inMs });
    cancelRetry = options.schedule(connect, inMs);
  };

  const renewThenConnect = async () => {
    if (!triedRenewal) {
      triedRenewal = true;
      if ((await options.ensureFresh()) && !isClosed) {
        connect();
        return;
      }
    }
    options.onState(SIGNED_OUT);
  };

  /** Returns whether the message is the shell's last word. */
  const onControl = (text: string): boolean => {
    const parsed = ServerControl.safeParse(JSON.parse(text));
    // A newer core may say more than this page knows: not a reason to drop somebody's shell.
    if (!parsed.success) return false;
    const message = parsed.data;
    if (message.type === 'exit') options.onState({ is: 'exited', code: message.code, signal: message.signal });
    else if (message.type === 'error') options.onState({ is: 'refused', code: message.code, message: message.message });
    else {
      // The screen may have changed its size since the address was made.
      const { cols, rows } = options.size();
      control({ type: 'resize', cols, rows });
      options.onReady(hadShell);
      options.onState({ is: 'open' });
      hadShell = true;
      triedRenewal = false;
      retryMs = FIRST_RETRY_MS;
      return false;
    }
    hadShell = false;
    return true;
  };

  const onClose = (code: number) => {
    if (code === CLOSE_UNAUTHENTICATED) renewThenConnect().catch(retryLater);
    else if (code === CLOSE_FORBIDDEN) options.onState(FORBIDDEN);
    else retryLater();
  };

  function connect() {
    cancelRetry?.();
    cancelRetry = undefined;
    options.onState({ is: 'connecting' });
    const current = options.openSocket(options.size());
    socket = current;
    current.binaryType = 'arraybuffer';
    let isOver = false;
    const credit = createCredit((bytes) => {
      if (current === socket) control({ type: 'ack', bytes });
    });
    current.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === 'string') {
        isOver = onControl(data) || isOver;
        return;
      }
      options.onOutput(new Uint8Array(data), () => credit.taken(data.byteLength));
    };
    current.onclose = ({ code }) => {
      if (current === socket && !isOver && !isClosed) onClose(code);
    };
  }

  const drop = () => {
    cancelRetry?.();
    const old = socket;
    socket = undefined;
    old?.close();
  };

  connect();
  return {
    send: (bytes) => {
      if (socket?.readyState !== WebSocket.OPEN) return;
      for (const frame of toFrames(bytes)) socket.send(new Uint8Array(frame));
    },
    resize: ({ cols, rows }) => control({ type: 'resize', cols, rows }),
    reopen: () => {
      drop();
      triedRenewal = false;
      retryMs = FIRST_RETRY_MS;
      connect();
    },
    close: () => {
      isClosed = true;
      drop();
    },
  };
};
