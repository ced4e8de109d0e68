/** Thousands of connections that drip: each is closed by its deadline, and whoever asks honestly is answered meanwhile. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openDataDir, startBox, WITH_ADMIN } from '../e2e/box.ts';

const DRIPPERS = 2000;
const DRIP_EVERY_MS = 10_000;
/** The longest deadline of a request is a minute; the server looks for those that are over every half minute. */
const MAX_LIFE_MS = 100_000;
/** Far more than an answer takes: what is asked here is whether there is one. */
const ANSWER_TIMEOUT_MS = 5000;

const HEADERS = 'POST /api/nodes/heartbeat HTTP/1.1\r\nhost: localhost\r\n';
const BODY = `${HEADERS}content-type: application/json\r\ncontent-length: 100000\r\n\r\n`;

/** Says `begun`, then a byte now and then. Resolves when the server has closed. */
const drip = (port: number, begun: string): { closed: Promise<void>; destroy(): void } => {
  const socket = connect({ port, host: '127.0.0.1' });
  const timer = setInterval(() => socket.write('x'), DRIP_EVERY_MS);
  socket.on('error', () => socket.destroy()).resume();
  socket.once('connect', () => socket.write(begun));
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      clearInterval(timer);
      resolve();
    });
  });
  return { closed, destroy: () => socket.destroy() };
};

test('AG-8 of two thousand slow senders each is closed, and honest ones are answered', {
  timeout: 2 * MAX_LIFE_MS,
}, async () => {
  const dataDir = await openDataDir();
  const box = await startBox(dataDir.path, { ...WITH_ADMIN, SERVERBOX_LOCAL_NODE: 'off' });
  onTestFinished(() => box.stop().then(() => dataDir.remove()));
  const port = Number(new URL(box.url).port);
  const drippers = Array.from({ length: DRIPPERS }, (_, index) => drip(port, index % 2 === 0 ? HEADERS : BODY));
  onTestFinished(() => {
    for (const dripper of drippers) dripper.destroy();
  });
  let isOver = false;
  const ending = Promise.all(drippers.map(({ closed }) => closed)).then(() => {
    isOver = true;
  });
  const startedMs = performance.now();
  let answers = 0;
  while (!isOver && performance.now() - startedMs < MAX_LIFE_MS) {
    const { status } = await fetch(`${box.url}/health`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    expect(status).toBe(200);
    answers += 1;
    await sleep(200);
  }
  expect(isOver).toBe(true);
  expect(answers).toBeGreaterThan(50);
  await ending;
  expect(box.errors()).toEqual([]);
});
