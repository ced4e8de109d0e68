import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogsQuery } from './client.ts';
import { createLogLines, decodeLine } from './log-lines.ts';
import type { TestDocker } from './testing.ts';
import { openTestDocker } from './testing.ts';

let docker: TestDocker;
beforeAll(async () => {
  docker = await openTestDocker('sb-client');
});
afterAll(() => docker.close());

const ALL: LogsQuery = {
  tail: 100_000,
  since: undefined,
  until: undefined,
  follow: false,
  timestamps: true,
  hasTty: false,
};
const never = new AbortController().signal;
const linesOf = async (id: Parameters<TestDocker['reads']['openLogs']>[0], query: Partial<LogsQuery> = {}) => {
  const { body, frames } = await docker.reads.openLogs(id, { ...ALL, ...query }, never);
  const lines = createLogLines({ ...ALL, ...query }.timestamps);
  const raw = [];
  for await (const chunk of body as AsyncIterable<Buffer>) raw.push(...lines.push(frames.push(chunk)));
  return [...raw, ...lines.end()].map((line) => decodeLine(line));
};
const untilExited = async (id: Parameters<TestDocker['reads']['inspect']>[0]) => {
  await docker.engine.call('POST', `/containers/${id}/wait`);
};

test('every act does what it says', async () => {
  const { reads, writes } = docker;
  const stateOf = async () => (await reads.inspect(id)).State.Status;
  const id = await docker.create(['sleep', '600']);
  expect(await stateOf()).toBe('created');
  await writes.start(id);
  await writes.pause(id);
  expect(await stateOf()).toBe('paused');
  await writes.unpause(id);
  await writes.restart(id);
  expect(await stateOf()).toBe('running');
  await writes.kill(id, 'SIGKILL');
  await untilExited(id);
  await writes.start(id);
  await writes.stop(id);
  expect(await stateOf()).toBe('exited');
  await writes.remove(id, { force: false, volumes: true });
  await expect(reads.inspect(id)).rejects.toMatchObject({ code: 'not_found' });
});

test('what is already so counts as done, and what cannot be is a conflict in the words of the engine', async () => {
  const id = await docker.run(['sleep', '600']);
  await docker.writes.start(id);
  await expect(docker.writes.unpause(id)).rejects.toMatchObject({ code: 'docker_error' });
  await expect(docker.writes.remove(id, { force: false, volumes: false })).rejects.toMatchObject({ code: 'conflict' });
});

test('logs keep both streams, times and characters that are split over frames', async () => {
  const id = await docker.run([
    'sh',
    '-c',
    "printf 'grü'; sleep 0.1; printf 'ße 👋\\n'; echo err >&2; printf 'no end'",
  ]);
  await untilExited(id);
  const lines = await linesOf(id);
  expect(lines.map(({ stream, text }) => `${stream} ${text}`).sort()).toEqual([
    'stderr err',
    'stdout grüße 👋',
    'stdout no end',
  ]);
  expect(lines.every(({ at }) => at !== null && Math.abs(Date.parse(at) - Date.now()) < 60_000)).toBe(true);
  expect((await linesOf(id, { tail: 1 })).length).toBe(1);
  expect(await linesOf(id, { since: new Date(Date.now() + 60_000) })).toEqual([]);
});

test('logs of a container with a TTY are lines too', async () => {
  const id = await docker.run(['sh', '-c', 'echo one; echo two >&2'], { Tty: true });
  await untilExited(id);
  expect((await linesOf(id, { hasTty: true })).map(({ text }) => text)).toEqual(['one', 'two']);
});

test('a line of 10 MB is one line, cut and marked', async () => {
  const id = await docker.run(['sh', '-c', 'head -c 10485760 /dev/zero | tr "\\0" x; echo; echo after']);
  await untilExited(id);
  const lines = await linesOf(id);
  expect(lines.map(({ text, cut }) => [text.length, cut])).toEqual([
    [65_536, true],
    [5, undefined],
  ]);
  expect(lines[0]?.text).toMatch(/^x+$/);
});

test('a log that is followed ends with the container, and a reader that goes away frees its connection', async () => {
  const id = await docker.run(['sh', '-c', 'echo a; sleep 0.3; echo b']);
  expect((await linesOf(id, { follow: true })).map(({ text }) => text)).toEqual(['a', 'b']);
  const running = await docker.run(['sh', '-c', 'echo up; sleep 600']);
  const reader = new AbortController();
  const before = docker.connection.openCount();
  const { body } = await docker.reads.openLogs(running, { ...ALL, follow: true }, reader.signal);
  expect(
    String(
      await body[Symbol.asyncIterator]()
        .next()
        .then(({ value }) => value),
    ),
  ).toContain('up');
  reader.abort();
  await expect.poll(() => docker.connection.openCount()).toBeLessThanOrEqual(before);
});

test('a reader that stops reading holds up nothing but its own log', async () => {
  const id = await docker.run(['sh', '-c', 'yes "a line of a flood that nobody reads" | head -c 200000000']);
  const reader = new AbortController();
  const rssBefore = process.memoryUsage().rss;
  const { body } = await docker.reads.openLogs(id, { ...ALL, follow: true }, reader.signal);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(body.readableLength).toBeLessThan(1024 * 1024);
  expect(process.memoryUsage().rss - rssBefore).toBeLessThan(32 * 1024 * 1024);
  expect((await docker.reads.inspect(id)).Id).toBe(id);
  reader.abort();
});
