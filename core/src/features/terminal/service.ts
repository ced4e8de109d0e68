/** Joins a remote terminal and a browser. Whatever ends first, everything is released, and the caller is told how it ended. */
import type { ServerControl } from '@serverbox/contract/terminal';
import { TERMINAL_WINDOW_BYTES } from '@serverbox/contract/terminal';
import type { WebSocket } from 'ws';
import type { Clock } from '../../lib/clock.ts';
import { systemClock } from '../../lib/clock.ts';
import { AppError } from '../../lib/errors.ts';
import type { ExecEnd, PtyStream } from '../../lib/link/link.ts';
import { PING_INTERVAL_MS, startHeartbeat } from './heartbeat.ts';
import { pumpInput } from './input.ts';
import { pumpOutput } from './output.ts';
import { createResizer } from './resizing.ts';

const CLOSE_NORMAL = 1000;
const CLOSE_INTERNAL = 1011;

/** For the audit trail: how much went each way, for how long, and why it is over. */
export interface BridgeResult extends Record<string, unknown> {
  inputBytes: number;
  outputBytes: number;
  seconds: number;
  end: 'exit' | 'signal' | 'lost' | 'closed' | 'revoked' | 'dead_peer' | 'violation' | 'stalled';
  exitCode: number | null;
}

export interface BridgeOptions {
  /** Shown by the browser until the shell sets a title. */
  title?: string;
  clock?: Clock;
  pingIntervalMs?: number;
}

interface Outcome {
  end: BridgeResult['end'];
  exitCode?: number;
  control?: ServerControl;
  close?: { code: number; reason: string };
}

const sendControl = (socket: WebSocket, message: ServerControl): void => {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
};

const onEnd = (end: ExecEnd): Outcome => {
  const close = { code: CLOSE_NORMAL, reason: 'the shell ended' };
  return end.kind === 'exit'
    ? { end: 'exit', exitCode: end.code, control: { type: 'exit', code: end.code, signal: null }, close }
    : { end: 'signal', control: { type: 'exit', code: null, signal: end.signal }, close };
};

const onLoss = (thrown: unknown): Outcome => {
  const error = thrown instanceof AppError ? thrown : new AppError('internal', 'The terminal broke off.');
  const control: ServerControl = { type: 'error', code: error.code, message: error.message };
  return { end: 'lost', control, close: { code: CLOSE_INTERNAL, reason: error.code } };
};

/**
 * Runs until the shell ends, the browser goes, `signal` aborts or a rule is broken. Never rejects. The terminal is hung up
 * in every case; the socket is closed unless whoever aborted the signal does that.
 */
export const bridgePty = async (
  pty: PtyStream,
  socket: WebSocket,
  signal: AbortSignal,
  { title = '', clock = systemClock, pingIntervalMs = PING_INTERVAL_MS }: BridgeOptions = {},
): Promise<BridgeResult> => {
  const startedMs = clock.monotonicMs();
  const { promise: over, resolve: finish } = Promise.withResolvers<Outcome>();
  const output = pumpOutput(pty.stream, socket, TERMINAL_WINDOW_BYTES);
  const resizer = createResizer(pty.resize);
  const input = pumpInput(socket, pty.stream, clock, {
    onControl: (message) => {
      if (message.type === 'ack') return output.acknowledge(message.bytes);
      resizer.request(message.cols, message.rows);
      return true;
    },
    onViolation: (code, reason) => finish({ end: 'violation', close: { code, reason } }),
    onStalled: () => finish({ end: 'stalled', close: { code: CLOSE_INTERNAL, reason: 'the input is not taken' } }),
  });
  const stopHeartbeat = startHeartbeat(socket, clock, {
    intervalMs: pingIntervalMs,
    isReading: () => !input.isStalled,
    onDead: () => finish({ end: 'dead_peer' }),
  });
  const onClose = () => finish({ end: 'closed' });
  const onAbort = () => finish({ end: socket.readyState === socket.OPEN ? 'revoked' : 'closed' });
  socket.once('close', onClose);
  signal.addEventListener('abort', onAbort, { once: true });
  pty.ended.then(onEnd, onLoss).then(finish);
  if (signal.aborted) onAbort();
  else if (socket.readyState !== socket.OPEN) onClose();
  else sendControl(socket, { type: 'ready', title });

  const { end, exitCode, control, close } = await over;
  output.flush();
  output.stop();
  input.stop();
  resizer.stop();
  stopHeartbeat();
  socket.off('close', onClose);
  signal.removeEventListener('abort', onAbort);
  pty.close();
  if (control !== undefined) sendControl(socket, control);
  if (close !== undefined) socket.close(close.code, close.reason);
  if (end === 'dead_peer') socket.terminate();
  socket.resume(); // paused, it would never see the browser's answer to the close
  const seconds = Math.round((clock.monotonicMs() - startedMs) / 1000);
  return { inputBytes: input.bytes, outputBytes: output.bytes, seconds, end, exitCode: exitCode ?? null };
};
