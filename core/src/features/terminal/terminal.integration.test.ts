/** A browser's terminal on a real agent: through the gate, the bridge, SSH and a PTY. */
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { NodeId } from '@serverbox/contract/ids';
import { ServerControl } from '@serverbox/contract/terminal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { Installation } from '../agents/testing.ts';
import { openInstallation, TOKEN } from '../agents/testing.ts';
import { createTerminalSockets } from './streams.ts';

const MIB = 1024 * 1024;
/** Ten login shells at once take their time on a busy machine. */
const PATIENT = { timeout: 20_000, interval: 5 };
let installation: Installation;
let nodeId: NodeId;
beforeAll(async () => {
  installation = await openInstallation({ sockets: createTerminalSockets });
  installation.startLocal();
  nodeId = await installation.untilLinked();
});
afterAll(() => installation.close());

const openTerminal = async (query = 'cols=100&rows=30') => {
  const url = `${installation.url.replace('http', 'ws')}/api/nodes/${nodeId}/terminal?${query}`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${TOKEN}` }, perMessageDeflate: false });
  const controls: ServerControl[] = [];
  let tail = '';
  let bytes = 0;
  let acknowledges = true;
  socket.on('message', (data: Buffer, isBinary) => {
    if (!isBinary) return void controls.push(ServerControl.parse(JSON.parse(data.toString())));
    bytes += data.length;
    tail = (tail + data.toString('latin1')).slice(-4096);
    if (acknowledges) socket.send(JSON.stringify({ type: 'ack', bytes: data.length }));
  });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close').then(([code]) => code as number);
  await expect.poll(() => controls.some(({ type }) => type === 'ready'), { timeout: 5000 }).toBe(true);
  const type = (text: string) => socket.send(Buffer.from(text));
  const until = (text: string) => expect.poll(() => tail, PATIENT).toContain(text);
  // A login shell that is killed while it reads its profile can leave locks behind that hold up the next one.
  type('echo started-$((1+1))\n');
  await until('started-2');
  return {
    socket,
    controls,
    closed,
    type,
    until,
    bytes: () => bytes,
    stopAcknowledging: () => {
      acknowledges = false;
    },
  };
};

/** Processes on this machine whose environment or command line shows the mark. */
const countProcesses = async (mark: string): Promise<number> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(mark)).length;
};

test('a shell of the wanted size answers, follows a resize, and its exit reaches browser and audit trail', async () => {
  const terminal = await openTerminal();
  expect(terminal.controls).toEqual([{ type: 'ready', title: 'web-1' }]);
  terminal.type('stty size; echo "$TERM"\n');
  await terminal.until('30 100');
  await terminal.until('xterm-256color');
  terminal.socket.send(JSON.stringify({ type: 'resize', cols: 0, rows: 1e9 }));
  terminal.type('until [ "$(stty size)" = "1000 1" ]; do sleep 0.05; done; echo resized-$((1+1))\n');
  await terminal.until('resized-2');
  terminal.type('exit 4\n');
  expect(await terminal.closed).toBe(1000);
  expect(terminal.controls.at(-1)).toEqual({ type: 'exit', code: 4, signal: null });

  await expect.poll(() => installation.auditLines.filter(({ action }) => action === 'terminal.open').length).toBe(2);
  const [intent, outcome] = installation.auditLines.filter(({ action }) => action === 'terminal.open');
  expect(intent).toMatchObject({ phase: 'intent', target: `node:${nodeId}` });
  expect(outcome).toMatchObject({ phase: 'ok', details: { end: 'exit', exitCode: 4 } });
  expect(outcome?.details.outputBytes).toBe(terminal.bytes());
  const story = installation.activity.filter(({ kind }) => kind.startsWith('terminal.'));
  expect(story.map(({ kind, actor }) => [kind, actor])).toEqual([
    ['terminal.opened', 'admin@example.org'],
    ['terminal.closed', 'admin@example.org'],
  ]);
});

test('the secrets of the core and of the agent are not in the environment of the shell', async () => {
  const terminal = await openTerminal();
  terminal.type('echo "[$(env | grep -ci serverbox)]"\n');
  await terminal.until('[0]');
  terminal.socket.close();
});

test('WS-6 a reader that stops costs a bounded amount and no other terminal its speed', async () => {
  const [stalled, other] = await Promise.all([openTerminal(), openTerminal()]);
  stalled.type('yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n');
  await expect.poll(stalled.bytes, PATIENT).toBeGreaterThan(MIB);
  stalled.stopAcknowledging();
  await delay(300);
  const before = { bytes: stalled.bytes(), memory: process.memoryUsage().arrayBuffers };
  other.type('stty -echo; cat\n');
  for (let i = 0; i < 20; i += 1) {
    const startedAt = performance.now();
    other.type(`key-${i}\n`);
    await other.until(`key-${i}`);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  }
  expect(stalled.bytes()).toBe(before.bytes);
  expect(process.memoryUsage().arrayBuffers - before.memory).toBeLessThan(8 * MIB);
  stalled.socket.terminate();
  other.socket.terminate();
});

test('an interrupt passes a flood, because little is in flight', async () => {
  const terminal = await openTerminal();
  terminal.type('yes 0123456789\n');
  await expect.poll(terminal.bytes, PATIENT).toBeGreaterThan(4 * MIB);
  const startedAt = performance.now();
  terminal.type('\x03');
  await terminal.until('^C');
  // What is in flight must be small, whatever else runs.
  expect(performance.now() - startedAt).toBeLessThan(1500);
  terminal.socket.terminate();
});

test('WS-7 browsers that die without a word leave no shell, slot or timer', { timeout: 120_000 }, async () => {
  const link = installation.links.get(nodeId);
  const resourcesBefore = process.getActiveResourcesInfo().length;
  for (let round = 0; round < 8; round += 1) {
    const terminals = await Promise.all(Array.from({ length: 6 }, () => openTerminal()));
    for (const { type } of terminals) type('yes ws-seven-mark\n');
    await Promise.all(terminals.map(({ bytes }) => expect.poll(bytes, PATIENT).toBeGreaterThan(100_000)));
    for (const { socket } of terminals) socket.terminate();
    await expect.poll(() => installation.streams.count, PATIENT).toBe(0);
  }
  await expect.poll(() => countProcesses('ws-seven-mark'), PATIENT).toBe(0);
  expect(installation.links.get(nodeId)).toBe(link);
  await expect.poll(() => process.getActiveResourcesInfo().length, PATIENT).toBeLessThan(resourcesBefore + 10);
  const closed = installation.auditLines.filter(({ phase, details }) => phase === 'ok' && details.end === 'closed');
  expect(closed.length).toBeGreaterThanOrEqual(48);
});

test('WS-4 a session that ends takes its terminals with it', async () => {
  const terminal = await openTerminal();
  terminal.type('sleep 4343\n');
  await expect.poll(() => countProcesses('4343'), PATIENT).toBe(1);
  installation.streams.closeAll();
  expect(await terminal.closed).toBe(1001);
  await expect.poll(() => countProcesses('4343'), { timeout: 5000 }).toBe(0);
});

test('a node without a link refuses before anything is opened', async () => {
  const url = `${installation.url.replace('http', 'ws')}/api/nodes/01900000-0000-7000-8000-000000000000/terminal`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${TOKEN}` } });
  const [data] = (await once(socket, 'message')) as [Buffer];
  expect(ServerControl.parse(JSON.parse(data.toString()))).toMatchObject({ type: 'error', code: 'node_unreachable' });
});

test('a lost node is told to the browser', async () => {
  const terminal = await openTerminal();
  installation.links.get(nodeId).close('cut by the test');
  expect(await terminal.closed).toBe(1011);
  expect(terminal.controls.at(-1)).toMatchObject({ type: 'error', code: 'node_unreachable' });
  await installation.untilLinked();
});
