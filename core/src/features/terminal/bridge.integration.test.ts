/** The bridge between real WebSockets and an imitated terminal: what must hold whatever is at the other end. */
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ServerControl, TERMINAL_WINDOW_BYTES } from '@serverbox/contract/terminal';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { AppError } from '../../lib/errors.ts';
import type { ExecEnd, PtyStream } from '../../lib/link/link.ts';
import type { BridgeOptions } from './service.ts';
import { bridgePty } from './service.ts';

const MIB = 1024 * 1024;

/** A terminal whose program is the test: it writes with back-pressure, records what is typed, and can refuse to read. */
const aTerminal = ({ reads = true } = {}) => {
  const ended = Promise.withResolvers<ExecEnd>();
  const typed: Buffer[] = [];
  const sizes: string[] = [];
  let isClosed = false;
  let wake: (() => void) | undefined;
  const stream = new Duplex({
    highWaterMark: 64 * 1024,
    read: () => wake?.(),
    write: (chunk: Buffer, _encoding, done) => {
      typed.push(chunk);
      if (reads) done();
    },
  });
  stream.setMaxListeners(0);
  const pty: PtyStream = {
    stream,
    resize: (cols, rows) => void sizes.push(`${cols}x${rows}`),
    ended: ended.promise,
    close: () => {
      isClosed = true;
      stream.destroy();
    },
  };
  return {
    pty,
    sizes,
    ended,
    typed: () => Buffer.concat(typed),
    isClosed: () => isClosed,
    /** Writes as fast as the terminal is read, until it is closed or `bytes` are written. */
    flood: async (bytes: number): Promise<number> => {
      const block = Buffer.alloc(16 * 1024, 97);
      let written = 0;
      while (written < bytes && !stream.destroyed) {
        written += block.length;
        if (!stream.push(block)) {
          await new Promise<void>((resolve) => {
            wake = resolve;
            stream.once('close', resolve);
          });
        }
      }
      return written;
    },
  };
};

let server: WebSocketServer;
beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
});
afterEach(() => {
  for (const client of server.clients) client.terminate();
  server.close();
});

interface Browser {
  socket: WebSocket;
  controls: ServerControl[];
  bytes: () => number;
  text: () => string;
  closed: Promise<number>;
}

/** A browser that acknowledges what it receives, unless told not to. */
const connect = async (
  terminal: ReturnType<typeof aTerminal>,
  options: BridgeOptions & { acknowledges?: boolean; autoPong?: boolean } = {},
) => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const accepted = once(server, 'connection');
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { autoPong: options.autoPong ?? true });
  const controls: ServerControl[] = [];
  const received: Buffer[] = [];
  let bytes = 0;
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) return void controls.push(ServerControl.parse(JSON.parse(data.toString())));
    bytes += data.length;
    if (bytes < MIB) received.push(data);
    if (options.acknowledges !== false) socket.send(JSON.stringify({ type: 'ack', bytes: data.length }));
  });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close').then(([code]) => code as number);
  const [ours] = (await accepted) as [WebSocket];
  ours.on('error', () => undefined);
  const session = new AbortController();
  const result = bridgePty(terminal.pty, ours, session.signal, options);
  const browser: Browser = {
    socket,
    controls,
    bytes: () => bytes,
    text: () => Buffer.concat(received).toString('utf8'),
    closed,
  };
  await expect.poll(() => controls.length).toBe(1);
  return { browser, result, session, ours };
};

describe('bytes', () => {
  test('the browser is told that the terminal is ready, then bytes go both ways as they are', async () => {
    const terminal = aTerminal();
    const { browser } = await connect(terminal, { title: 'web-1' });
    expect(browser.controls).toEqual([{ type: 'ready', title: 'web-1' }]);
    const bytes = Buffer.from([0, 255, 27, 91, 65, 195]);
    terminal.pty.stream.push(bytes);
    await expect.poll(browser.bytes).toBe(6);
    browser.socket.send(bytes);
    await expect.poll(() => terminal.typed().equals(bytes)).toBe(true);
  });

  test('many small writes of one turn leave in few frames, the first one at once', async () => {
    const terminal = aTerminal();
    const { browser } = await connect(terminal);
    let frames = 0;
    browser.socket.on('message', (_data, isBinary) => {
      frames += isBinary ? 1 : 0;
    });
    for (let i = 0; i < 1000; i += 1) terminal.pty.stream.push('x');
    await expect.poll(browser.bytes).toBe(1000);
    expect(frames).toBeLessThan(20);
  });

  test('the exit of the shell comes after its last output, and the socket closes normally', async () => {
    const terminal = aTerminal();
    const { browser, result } = await connect(terminal);
    terminal.pty.stream.push('bye');
    terminal.pty.stream.push(null);
    terminal.pty.stream.once('end', () => terminal.ended.resolve({ kind: 'exit', code: 3 }));
    expect(await browser.closed).toBe(1000);
    expect(browser.text()).toBe('bye');
    expect(browser.controls.at(-1)).toEqual({ type: 'exit', code: 3, signal: null });
    expect(await result).toMatchObject({ end: 'exit', exitCode: 3, outputBytes: 3, inputBytes: 0 });
  });

  test('a lost node is told to the browser with its code', async () => {
    const terminal = aTerminal();
    const { browser, result } = await connect(terminal);
    terminal.ended.reject(new AppError('node_unreachable', 'The connection to the node was lost.'));
    expect(await browser.closed).toBe(1011);
    expect(browser.controls.at(-1)).toMatchObject({ type: 'error', code: 'node_unreachable' });
    expect(await result).toMatchObject({ end: 'lost' });
    expect(terminal.isClosed()).toBe(true);
  });
});

describe('credit', () => {
  test('WS-6 a browser that acknowledges nothing gets one window, and the terminal is held up', async () => {
    const terminal = aTerminal();
    const { browser } = await connect(terminal, { acknowledges: false });
    void terminal.flood(1024 * MIB);
    await expect.poll(browser.bytes).toBeGreaterThanOrEqual(TERMINAL_WINDOW_BYTES);
    await delay(200);
    expect(browser.bytes()).toBeLessThan(TERMINAL_WINDOW_BYTES + 64 * 1024);
    expect(terminal.pty.stream.isPaused()).toBe(true);
    browser.socket.send(JSON.stringify({ type: 'ack', bytes: browser.bytes() }));
    await expect.poll(browser.bytes).toBeGreaterThanOrEqual(2 * TERMINAL_WINDOW_BYTES);
  });

  test('WS-6 a browser that acknowledges without reading is held up by its socket', async () => {
    const terminal = aTerminal();
    const { browser, ours } = await connect(terminal, { acknowledges: false });
    browser.socket.pause();
    void terminal.flood(1024 * MIB);
    for (let i = 0; i < 300; i += 1) {
      browser.socket.send(JSON.stringify({ type: 'ack', bytes: 16 * 1024 }));
      await delay(1);
      expect(ours.bufferedAmount).toBeLessThan(4 * TERMINAL_WINDOW_BYTES);
    }
  });

  test('a flood with acknowledgements arrives whole', async () => {
    const terminal = aTerminal();
    const { browser } = await connect(terminal);
    const written = terminal.flood(32 * MIB);
    await expect.poll(browser.bytes, { timeout: 10_000 }).toBe(32 * MIB);
    expect(await written).toBe(32 * MIB);
  });

  test('WS-6 input that the terminal does not take is bounded, and the browser is held up', async () => {
    const terminal = aTerminal({ reads: false });
    const { browser } = await connect(terminal);
    for (let i = 0; i < 512; i += 1) browser.socket.send(Buffer.alloc(60_000));
    await delay(200);
    expect(terminal.pty.stream.writableLength).toBeLessThan(2 * MIB);
    expect(browser.socket.bufferedAmount).toBeGreaterThan(0);
  });
});

describe('control messages', () => {
  test('WS-13 a resize to 0, 1e9, a negative size or a fraction is clamped', async () => {
    const terminal = aTerminal();
    const { browser } = await connect(terminal);
    for (const [cols, rows] of [
      [0, 1e9],
      [-5, 24.9],
    ]) {
      browser.socket.send(JSON.stringify({ type: 'resize', cols, rows }));
      await delay(80);
    }
    expect(terminal.sizes).toEqual(['1x1000', '1x24']);
  });

  test('a dragged window makes few resizes, and the last one counts', async () => {
    const terminal = aTerminal();
    const { browser } = await connect(terminal);
    for (let cols = 1; cols <= 300; cols += 1) browser.socket.send(JSON.stringify({ type: 'resize', cols, rows: 20 }));
    await expect.poll(() => terminal.sizes.at(-1)).toBe('300x20');
    expect(terminal.sizes.length).toBeLessThan(10);
  });

  test.each([
    ['no JSON', 'not json'],
    ['an unknown type', '{"type":"exec","command":"id"}'],
    ['an extra field', '{"type":"resize","cols":80,"rows":24,"x":1}'],
    ['an acknowledgement of what was never sent', '{"type":"ack","bytes":1000000}'],
    ['a negative acknowledgement', '{"type":"ack","bytes":-5}'],
  ])('WS-5 %s is ignored once and ends the session when repeated', async (_, message) => {
    const terminal = aTerminal();
    const { browser, result } = await connect(terminal);
    browser.socket.send(message);
    terminal.pty.stream.push('still here');
    await expect.poll(browser.text).toBe('still here');
    for (let i = 0; i < 10; i += 1) browser.socket.send(message);
    expect(await browser.closed).toBe(1008);
    expect(await result).toMatchObject({ end: 'violation' });
    expect(terminal.isClosed()).toBe(true);
  });

  test('WS-5 a frame past the limit closes with 1009, and bad UTF-8 with 1007', async () => {
    const large = await connect(aTerminal());
    large.browser.socket.send(Buffer.alloc(64 * 1024 + 1));
    expect(await large.browser.closed).toBe(1009);
    const garbled = await connect(aTerminal());
    garbled.browser.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect(await garbled.browser.closed).toBe(1007);
  });

  test('WS-5 a storm of tiny frames ends the session', async () => {
    const { browser, result } = await connect(aTerminal());
    for (let i = 0; i < 20_000; i += 1) browser.socket.send('', { binary: true });
    expect(await result).toMatchObject({ end: 'violation' });
    expect(await browser.closed).toBe(1008);
  });
});

describe('every way out releases everything', () => {
  test('WS-7 the browser goes away without a word', async () => {
    const terminal = aTerminal();
    const { browser, result, ours } = await connect(terminal);
    void terminal.flood(1024 * MIB);
    browser.socket.terminate();
    expect(await result).toMatchObject({ end: 'closed' });
    expect(terminal.isClosed()).toBe(true);
    expect(ours.listenerCount('message')).toBe(0);
    expect(ours.listenerCount('pong')).toBe(0);
  });

  test('WS-4 the session is revoked while a flood is stalled', async () => {
    const terminal = aTerminal();
    const { session, result } = await connect(terminal, { acknowledges: false });
    void terminal.flood(1024 * MIB);
    session.abort();
    expect(await result).toMatchObject({ end: 'revoked' });
    expect(terminal.isClosed()).toBe(true);
  });

  test('a session that was revoked before the bridge began does not begin', async () => {
    const terminal = aTerminal();
    const { ours } = await connect(aTerminal());
    expect(await bridgePty(terminal.pty, ours, AbortSignal.abort())).toMatchObject({ end: 'revoked', outputBytes: 0 });
    expect(terminal.isClosed()).toBe(true);
  });

  test('WS-9 a peer that answers no ping is dead after the third, one that answers lives', async () => {
    const deaf = aTerminal();
    const living = aTerminal();
    const { result } = await connect(deaf, { pingIntervalMs: 100, autoPong: false });
    const other = await connect(living, { pingIntervalMs: 100 });
    const startedAt = performance.now();
    expect(await result).toMatchObject({ end: 'dead_peer' });
    expect(performance.now() - startedAt).toBeLessThan(450);
    expect(deaf.isClosed()).toBe(true);
    await delay(300);
    expect(other.browser.socket.readyState).toBe(WebSocket.OPEN);
    expect(living.isClosed()).toBe(false);
  });
});
