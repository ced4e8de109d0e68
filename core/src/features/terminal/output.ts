/**
 * From the remote terminal to the browser. The first bytes of a turn leave at once, what follows in the same turn leaves
 * together; the remote side is held up while the screen or the socket has too much on its way.
 */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { createCredit } from './credit.ts';

export interface OutputPump {
  /** False when the client acknowledges more than it was sent. */
  acknowledge(bytes: number): boolean;
  /** Sends what is held back for this turn. */
  flush(): void;
  readonly bytes: number;
  stop(): void;
}

/** Has the socket's own buffer count as well: a client may acknowledge without reading, but not without our noticing. */
export const pumpOutput = (from: Duplex, socket: WebSocket, windowBytes: number): OutputPump => {
  const credit = createCredit(windowBytes);
  let bytes = 0;
  let held: Buffer[] = [];
  let turn: NodeJS.Immediate | undefined;

  const update = () => {
    if (credit.isSpent || socket.bufferedAmount >= windowBytes) from.pause();
    else if (from.isPaused()) from.resume();
  };
  const send = (frame: Buffer) => {
    if (socket.readyState !== socket.OPEN) return;
    bytes += frame.length;
    socket.send(frame, { binary: true, compress: false }, update);
  };
  const flush = () => {
    const [first, ...rest] = held;
    held = [];
    if (first !== undefined) send(rest.length === 0 ? first : Buffer.concat([first, ...rest]));
  };
  const endTurn = () => {
    turn = undefined;
    flush();
  };
  const onData = (chunk: Buffer) => {
    credit.sent(chunk.length);
    if (turn === undefined) {
      turn = setImmediate(endTurn);
      send(chunk);
    } else {
      held.push(chunk);
    }
    update();
  };
  from.on('data', onData);

  return {
    acknowledge: (count) => {
      const isHonest = credit.acknowledge(count);
      if (isHonest) update();
      return isHonest;
    },
    flush,
    get bytes() {
      return bytes;
    },
    stop: () => {
      clearImmediate(turn);
      from.off('data', onData);
    },
  };
};
