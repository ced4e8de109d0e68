/** What is measured of a terminal, the same for every target. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Target } from './targets.ts';
import type { Terminal } from './terminals.ts';
import { runUntil, settle } from './terminals.ts';

const MB = 1e6;
const ECHO_TIMEOUT_MS = 10_000;

/** A file printed from beginning to end, in MB/s. */
export const measureThroughput = async (terminal: Terminal, file: string, round: number): Promise<number> => {
  const startedAt = performance.now();
  const bytes = await runUntil(terminal, `cat ${file}; printf 'E%s\\n' ND_${round}_X\r`, `END_${round}_X`);
  return bytes / MB / ((performance.now() - startedAt) / 1000);
};

const untilEcho = (terminal: Terminal, key: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('a key was not echoed')), ECHO_TIMEOUT_MS);
    terminal.onBytes((bytes) => {
      if (!bytes.includes(key)) return;
      clearTimeout(late);
      resolve();
    });
    terminal.write(key);
  });

/** The way of a key to the program and back, in ms; the pauses differ, so that keys meet every phase of whatever else runs. */
export const measureEcho = async (terminal: Terminal, keys: number): Promise<number[]> => {
  await runUntil(terminal, "stty raw -echo; printf 'G%s' O_CAT; cat\r", 'GO_CAT');
  await delay(200);
  const times: number[] = [];
  for (let index = 0; index < keys; index += 1) {
    const startedAt = performance.now();
    await untilEcho(terminal, String.fromCharCode(97 + (index % 26)));
    times.push(performance.now() - startedAt);
    await delay(3 + ((index * 7) % 11));
  }
  return times;
};

/** The same while another terminal of the same server prints as fast as it can. */
export const measureEchoUnderFlood = async (
  target: Target,
  keys: number,
): Promise<{ times: number[]; floodMbps: number }> => {
  const terminal = await target.open();
  const flood = await target.flood();
  try {
    await delay(1500);
    const startedAt = performance.now();
    const before = await flood.bytes();
    const times = await measureEcho(terminal, keys);
    const floodMbps = ((await flood.bytes()) - before) / MB / ((performance.now() - startedAt) / 1000);
    return { times, floodMbps };
  } finally {
    await flood.stop();
    await terminal.close();
  }
};

/** Growth of memory, in MB, while a terminal floods and nobody reads; the worst of what was seen. */
export const measureStalledReader = async (target: Target, file: string, seconds: number): Promise<number> => {
  const terminal = await target.open();
  try {
    terminal.onBytes(() => undefined);
    terminal.write(`while :; do cat ${file}; done\r`);
    await delay(1000);
    terminal.pause();
    await delay(1000);
    const before = target.rssBytes();
    let peak = before;
    for (let tick = 0; tick < seconds * 5; tick += 1) {
      await delay(200);
      peak = Math.max(peak, target.rssBytes());
    }
    return (peak - before) / MB;
  } finally {
    await terminal.close();
  }
};

const FLOOD_MS = 3000;
const TICK_MS = 10;
const READ_BYTES_PER_SECOND = 5 * MB;

/** Ctrl-C on a flood that is read at 5 MB/s, as a browser does: until the program's last word is there, in ms. */
export const measureInterrupt = async (target: Target, file: string): Promise<number> => {
  const terminal = await target.open();
  const stopped = Promise.withResolvers<void>();
  let budget = 0;
  let tail = '';
  const reader = setInterval(() => {
    budget = Math.min(budget + (READ_BYTES_PER_SECOND * TICK_MS) / 1000, READ_BYTES_PER_SECOND / 20);
    if (budget > 0) terminal.resume();
  }, TICK_MS);
  terminal.onBytes((bytes) => {
    budget -= bytes.length;
    if (budget <= 0) terminal.pause();
    const text = tail + bytes.toString('latin1');
    if (text.includes('STOPPED_1')) stopped.resolve();
    tail = text.slice(-16);
  });
  const late = setTimeout(() => stopped.reject(new Error('Ctrl-C had no effect')), 60_000);
  try {
    terminal.write(`sh -c 'trap "printf S%s TOPPED_1; exit" INT; while :; do cat ${file}; done'\r`);
    await delay(FLOOD_MS);
    const startedAt = performance.now();
    terminal.write('\u0003');
    await stopped.promise;
    return performance.now() - startedAt;
  } finally {
    clearTimeout(late);
    clearInterval(reader);
    terminal.resume();
    await terminal.close();
  }
};

/** From the click until keys are taken, on a link that is there already, in ms. The shell's own start comes after it. */
export const measureOpen = async (target: Target): Promise<number> => {
  const startedAt = performance.now();
  const terminal = await target.connect();
  const tookMs = performance.now() - startedAt;
  // A login shell that is ended while it reads its profile may leave something of it half done.
  await settle(terminal);
  await terminal.close();
  return tookMs;
};

/** Memory for each idle session, in KB. */
export const measureIdleSessions = async (target: Target, count: number): Promise<number> => {
  const before = target.rssBytes();
  const terminals: Terminal[] = [];
  for (let index = 0; index < count; index += 1) terminals.push(await target.open());
  await delay(2000);
  const grown = target.rssBytes() - before;
  await Promise.all(terminals.map((terminal) => terminal.close()));
  return Math.max(0, grown) / 1000 / count;
};
