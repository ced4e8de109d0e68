import type { ServerControl } from '@serverbox/contract/terminal';
import { ClientControl } from '@serverbox/contract/terminal';
import { expect, test, vi } from 'vitest';
import { ACK_STEP_BYTES } from './credit.ts';
import type { LinkState, TerminalLinkOptions } from './terminal-link.ts';
import { openTerminalLink } from './terminal-link.ts';

/** Stands at the browser's end of the wire only: what the core says is spelled out by each test. */
class Wire {
  readyState: number = WebSocket.OPEN;
  binaryType = '';
  sent: (string | Uint8Array)[] = [];
  onmessage: ((event: { data: unknown }) => void) | undefined;
  onclose: ((event: { code: number }) => void) | undefined;
  send(data: string | Uint8Array) {
    this.sent.push(data);
  }
  close() {
    this.drop(1000);
  }
  drop(code: number) {
    this.readyState = WebSocket.CLOSED;
    this.onclose?.({ code });
  }
  say(message: ServerControl) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  acks(): number[] {
    return this.sent.flatMap((each) => {
      const message = typeof each === 'string' ? ClientControl.parse(JSON.parse(each)) : undefined;
      return message?.type === 'ack' ? [message.bytes] : [];
    });
  }
  output(bytes: number) {
    this.onmessage?.({ data: new ArrayBuffer(bytes) });
  }
}

const aLink = (overrides: Partial<TerminalLinkOptions> = {}) => {
  const wires: Wire[] = [];
  const states: LinkState[] = [];
  const ready: boolean[] = [];
  const pending: { run: () => void; delayMs: number }[] = [];
  const taken: (() => void)[] = [];
  const link = openTerminalLink({
    openSocket: () => {
      const wire = new Wire();
      wires.push(wire);
      return wire as unknown as WebSocket;
    },
    size: () => ({ cols: 80, rows: 24 }),
    onOutput: (_bytes, done) => taken.push(done),
    onState: (state) => states.push(state),
    onReady: (isFresh) => ready.push(isFresh),
    ensureFresh: async () => true,
    schedule: (run, delayMs) => {
      const entry = { run, delayMs };
      pending.push(entry);
      return () => pending.splice(pending.indexOf(entry), 1);
    },
    ...overrides,
  });
  const last = () => {
    const wire = wires.at(-1);
    if (!wire) throw new Error('no socket was opened');
    return wire;
  };
  return { link, wires, states, ready, pending, taken, last };
};

test('output is acknowledged only after the screen has taken it', () => {
  const { last, taken } = aLink();
  last().say({ type: 'ready', title: 'bash' });
  last().output(ACK_STEP_BYTES);
  expect(last().acks()).toEqual([]);
  for (const done of taken) done();
  expect(last().acks()).toEqual([ACK_STEP_BYTES]);
});

test('what an old connection still owes is never acknowledged on the new one', () => {
  const { last, taken, pending } = aLink();
  last().say({ type: 'ready', title: 'bash' });
  last().output(ACK_STEP_BYTES);
  last().drop(1006);
  pending[0]?.run();
  last().say({ type: 'ready', title: 'bash' });
  for (const done of taken) done();
  expect(last().acks()).toEqual([]);
});

test('after a lost connection a fresh shell is opened and announced as such', () => {
  const { last, states, ready, pending, wires } = aLink();
  last().say({ type: 'ready', title: 'bash' });
  last().drop(1006);
  expect(states.at(-1)).toEqual({ is: 'lost', retryInMs: 500 });
  pending[0]?.run();
  last().say({ type: 'ready', title: 'bash' });
  expect(wires).toHaveLength(2);
  expect(ready).toEqual([false, true]);
});

test('attempts slow down while nothing answers', () => {
  const { last, states, pending } = aLink();
  for (let i = 0; i < 7; i += 1) {
    last().drop(1006);
    pending.shift()?.run();
  }
  const waits = states.flatMap((state) => (state.is === 'lost' ? [state.retryInMs] : []));
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
});

test('an exit is final: nothing is opened again by itself', () => {
  const { last, states, pending, wires, link } = aLink();
  last().say({ type: 'ready', title: 'bash' });
  last().say({ type: 'exit', code: 3, signal: null });
  last().drop(1000);
  expect(states.at(-1)).toEqual({ is: 'exited', code: 3, signal: null });
  expect(pending).toEqual([]);
  link.reopen();
  expect(wires).toHaveLength(2);
});

test('a shell opened again after an exit is not called a replacement of a lost one', () => {
  const { last, ready, link } = aLink();
  last().say({ type: 'ready', title: 'bash' });
  last().say({ type: 'exit', code: 0, signal: null });
  link.reopen();
  last().say({ type: 'ready', title: 'bash' });
  expect(ready).toEqual([false, false]);
});

test('an expired session is renewed once, then the user is told', async () => {
  const ensureFresh = vi.fn(async () => true);
  const { last, states, wires } = aLink({ ensureFresh });
  last().drop(4401);
  await vi.waitFor(() => expect(wires).toHaveLength(2));
  last().drop(4401);
  await vi.waitFor(() => expect(states.at(-1)).toMatchObject({ is: 'refused', code: 'unauthenticated' }));
  expect(ensureFresh).toHaveBeenCalledTimes(1);
});

test('a refusal is shown with its reason and not tried again', () => {
  const { last, states, pending } = aLink();
  last().say({ type: 'error', code: 'refused_by_policy', message: 'The owner does not permit shells.' });
  last().drop(1000);
  expect(states.at(-1)).toEqual({
    is: 'refused',
    code: 'refused_by_policy',
    message: 'The owner does not permit shells.',
  });
  expect(pending).toEqual([]);
});

test('closing is silent and cancels what was planned', () => {
  const { link, last, states, pending } = aLink();
  last().drop(1006);
  const before = states.length;
  link.close();
  expect(pending).toEqual([]);
  expect(states).toHaveLength(before);
});

test('an unknown control message is passed over', () => {
  const { last, states } = aLink();
  last().onmessage?.({ data: JSON.stringify({ type: 'weather', text: 'sunny' }) });
  last().say({ type: 'ready', title: 'bash' });
  expect(states.at(-1)).toEqual({ is: 'open' });
});

test('a shell learns the size of the screen as it is when the shell is there, not as it was when asked for', () => {
  let cols = 80;
  const { last } = aLink({ size: () => ({ cols, rows: 24 }) });
  cols = 132;
  last().say({ type: 'ready', title: 'bash' });
  expect(last().sent).toEqual([JSON.stringify({ type: 'resize', cols: 132, rows: 24 })]);
});

test('whatever the screen says with a new size, the core is sent what the contract knows', () => {
  const { link, last } = aLink();
  link.resize({ cols: 100, rows: 30, colsChanged: true } as { cols: number; rows: number });
  expect(ClientControl.parse(JSON.parse(String(last().sent.at(-1))))).toEqual({ type: 'resize', cols: 100, rows: 30 });
});
