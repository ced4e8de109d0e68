/**
 * From the browser to the remote terminal: keys and pastes as binary frames, control messages as text. Frames are hostile
 * until they fit the contract.
 */
import type { Duplex } from 'node:stream';
import { ClientControl, MAX_TERMINAL_FRAME_BYTES } from '@serverbox/contract/terminal';
import type { RawData, WebSocket } from 'ws';
import type { Clock } from '../../lib/clock.ts';

/**
 * Input that the remote side has not taken. Up to here we keep reading, because acknowledgements come by the same socket
 * and an echoing program would wait for them; beyond it the socket is paused.
 */
const MAX_QUEUED_BYTES = 1024 * 1024;
/** Input that is not taken for so long is not going to be. */
const STALL_TIMEOUT_MS = 60_000;
const MAX_BAD_MESSAGES = 5;
/** A person types 30 frames a second and a paste comes in large ones. Acknowledgements do not count: credit bounds them. */
const MAX_FRAMES_PER_SECOND = 5000;

/** RFC 6455 section 7.4.1. */
const CLOSE_POLICY_VIOLATION = 1008;
const CLOSE_TOO_BIG = 1009;

export interface InputHandlers {
  onControl(message: ClientControl): boolean;
  /** The client broke the rules: the session ends with this close code. */
  onViolation(closeCode: number, reason: string): void;
  /** The remote side has taken nothing for a minute. */
  onStalled(): void;
}

export interface InputPump {
  readonly bytes: number;
  /** Whether the remote side takes nothing, so that the socket is not read either. */
  readonly isStalled: boolean;
  stop(): void;
}

const bytesOf = (data: RawData): Buffer => {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
};

const parseControl = (text: string): ClientControl | undefined => {
  try {
    return ClientControl.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // not JSON: counted as a bad message by the caller
  }
};

const createFrameCounter = (clock: Clock) => {
  let secondStartedMs = clock.monotonicMs();
  let frames = 0;
  return (): boolean => {
    const nowMs = clock.monotonicMs();
    if (nowMs - secondStartedMs >= 1000) {
      secondStartedMs = nowMs;
      frames = 0;
    }
    frames += 1;
    return frames <= MAX_FRAMES_PER_SECOND;
  };
};

export const pumpInput = (socket: WebSocket, to: Duplex, clock: Clock, handlers: InputHandlers): InputPump => {
  const takeFrame = createFrameCounter(clock);
  let bytes = 0;
  let badMessages = 0;
  let stallTimer: NodeJS.Timeout | undefined;

  const write = (chunk: Buffer) => {
    bytes += chunk.length;
    to.write(chunk);
    if (to.writableLength <= MAX_QUEUED_BYTES || stallTimer !== undefined) return;
    stallTimer = setTimeout(handlers.onStalled, STALL_TIMEOUT_MS);
    socket.pause();
  };
  const onDrain = () => {
    clearTimeout(stallTimer);
    stallTimer = undefined;
    socket.resume();
  };
  const count = () => {
    if (!takeFrame()) handlers.onViolation(CLOSE_POLICY_VIOLATION, 'too many frames');
  };
  const onText = (text: string) => {
    const control = parseControl(text);
    if (control?.type !== 'ack') count();
    if (control !== undefined && handlers.onControl(control)) return;
    badMessages += 1;
    if (badMessages >= MAX_BAD_MESSAGES) handlers.onViolation(CLOSE_POLICY_VIOLATION, 'bad control messages');
  };
  const onMessage = (data: RawData, isBinary: boolean) => {
    const frame = bytesOf(data);
    if (frame.length > MAX_TERMINAL_FRAME_BYTES) return handlers.onViolation(CLOSE_TOO_BIG, 'frame too big');
    if (!isBinary) return onText(frame.toString('utf8'));
    count();
    if (to.writable) write(frame);
  };
  socket.on('message', onMessage);
  to.on('drain', onDrain);

  return {
    get bytes() {
      return bytes;
    },
    get isStalled() {
      return stallTimer !== undefined;
    },
    stop: () => {
      clearTimeout(stallTimer);
      socket.off('message', onMessage);
      to.off('drain', onDrain);
    },
  };
};
