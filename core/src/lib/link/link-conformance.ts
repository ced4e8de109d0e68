/** What every NodeLink promises, whoever is at the other end. Run by the tests of each way to reach a node. */
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { collectOutput } from './collect-output.ts';
import type { NodeLink } from './link.ts';

export interface LinkUnderTest {
  link: NodeLink;
  /** Cuts the connection below the link, as a pulled cable would, but at once. */
  cut(): void;
}

export interface Expectations {
  /** Whether a command can be ended on the node. OpenSSH refuses to signal the processes of root. */
  endsCommands: boolean;
}

const MIB = 1024 * 1024;
const CAP = { maxBytes: 64 * 1024 };
const TIMEOUT = { timeoutMs: 20_000 };

const exec = async (link: NodeLink, argv: [string, ...string[]], timeoutMs = 20_000) =>
  collectOutput(await link.exec(argv, { timeoutMs }), CAP);

/** Reads a little at a time, far slower than the command writes. */
const readSlowly = async (stream: Readable): Promise<number> => {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += (chunk as Buffer).length;
    if (bytes % MIB < 40_000) await delay(1);
  }
  return bytes;
};

const untilText = (stream: Readable, wanted: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let seen = '';
    const onData = (chunk: Buffer) => {
      seen += chunk.toString('latin1');
      if (seen.includes(wanted)) {
        stream.off('data', onData);
        resolve(seen);
      }
    };
    stream.on('data', onData).resume();
    stream.once('end', () => reject(new Error(`ended without ${wanted}: ${seen}`)));
  });

const endsAndOutputs = (open: () => Promise<LinkUnderTest>) => {
  test('SH-12 an exit code, a signal and a lost connection are three distinct ends', async () => {
    const { link, cut } = await open();
    expect((await exec(link, ['sh', '-c', 'exit 0'])).end).toEqual({ kind: 'exit', code: 0 });
    expect((await exec(link, ['sh', '-c', 'exit 3'])).end).toEqual({ kind: 'exit', code: 3 });
    expect((await exec(link, ['sh', '-c', 'kill -9 $$'])).end).toEqual({ kind: 'signal', signal: 'SIGKILL' });

    const running = await link.exec(['sh', '-c', 'echo up; sleep 60'], TIMEOUT);
    await untilText(running.stdout, 'up');
    cut();
    await expect(running.ended).rejects.toMatchObject({ code: 'node_unreachable' });
    expect(link.closed.aborted).toBe(true);
    await expect(link.exec(['true'], TIMEOUT)).rejects.toMatchObject({ code: 'node_unreachable' });
  });

  test('a program that does not exist exits with 127 and says so on stderr', async () => {
    const { link } = await open();
    const { end, stderr } = await exec(link, ['serverbox-no-such-program']);
    expect(end).toEqual({ kind: 'exit', code: 127 });
    expect(stderr).toContain('serverbox-no-such-program');
  });

  test('IN-2 words reach the program as they are, whatever a shell would make of them', async () => {
    const { link } = await open();
    const words = ['$(touch /tmp/canary)', '`id`', ';id', "it's", 'a b', '', '*', '\n', '-n', '\u2028é😀', '\\'];
    const { stdout } = await exec(link, ['printf', '[%s]', ...words]);
    expect(stdout).toBe(words.map((word) => `[${word}]`).join(''));
  });

  test('what a program said is read although somebody writes to it after its end', async () => {
    const { link } = await open();
    for (const input of ['', 'late']) {
      const command = await link.exec(['echo', 'said'], TIMEOUT);
      await delay(300); // the exit, the end of the output and the close are here, and nothing was read
      command.stdin.end(input);
      expect(await collectOutput(command, CAP)).toMatchObject({ end: { kind: 'exit', code: 0 }, stdout: 'said\n' });
    }
  });

  test('SH-11 64 MiB on both outputs with a slow reader arrive whole, and the exit code with them', async () => {
    const { link } = await open();
    const script = 'head -c 67108864 /dev/zero >&2 & head -c 67108864 /dev/zero; wait; exit 5';
    const command = await link.exec(['sh', '-c', script], { timeoutMs: 60_000 });
    const [stdout, stderr] = await Promise.all([readSlowly(command.stdout), readSlowly(command.stderr)]);
    expect(await command.ended).toEqual({ kind: 'exit', code: 5 });
    expect([stdout, stderr]).toEqual([64 * MIB, 64 * MIB]);
  });

  test('SH-11 an output that nobody reads stalls the command instead of filling memory', async () => {
    const { link } = await open();
    const before = process.memoryUsage();
    const command = await link.exec(['sh', '-c', 'yes >&2 & yes'], { timeoutMs: 3000 });
    command.stdout.resume();
    await expect(command.ended).rejects.toMatchObject({ code: 'timed_out' });
    const { rss, arrayBuffers } = process.memoryUsage();
    expect(command.stderr.readableLength).toBeLessThanOrEqual(2 * MIB);
    expect(arrayBuffers - before.arrayBuffers).toBeLessThan(16 * MIB);
    expect(rss - before.rss).toBeLessThan(200 * MIB);
  });

  test('output past the cap is read, dropped and marked, and a character split between packets stays whole', async () => {
    const { link } = await open();
    const long = await exec(link, ['sh', '-c', 'head -c 5000000 /dev/zero']);
    expect(long).toMatchObject({ truncated: true, end: { kind: 'exit', code: 0 } });
    expect(long.stdout).toHaveLength(CAP.maxBytes);
    const split = await exec(link, ['sh', '-c', "printf 'a\\303'; sleep 0.1; printf '\\251b'"]);
    expect(split).toMatchObject({ stdout: 'aéb', truncated: false });
  });

  test('SH-11 8 MiB of errors do not keep a command from ending, and are cut and marked like output', async () => {
    const { link } = await open();
    const loud = await exec(link, ['sh', '-c', 'printf out; head -c 8388608 /dev/zero >&2; exit 3'], 10_000);
    expect(loud).toMatchObject({ stdout: 'out', truncated: true, end: { kind: 'exit', code: 3 } });
    expect(loud.stderr).toHaveLength(CAP.maxBytes);
  });
};

const inputAndEnd = (open: () => Promise<LinkUnderTest>, { endsCommands }: Expectations) => {
  test('input reaches the command with back-pressure, and its end ends it', async () => {
    const { link } = await open();
    const command = await link.exec(['wc', '-c'], TIMEOUT);
    const block = Buffer.alloc(MIB);
    for (let i = 0; i < 16; i += 1) {
      if (!command.stdin.write(block)) await new Promise((resolve) => command.stdin.once('drain', resolve));
    }
    const { stdout } = await collectOutput(command, CAP);
    expect(Number(stdout)).toBe(16 * MIB);
  });

  const fate = endsCommands ? 'is ended on the node, too' : 'is given up here and goes on there';
  test(`a command past its deadline ${fate}`, async () => {
    const { link } = await open();
    const command = await link.exec(['sh', '-c', 'echo $$; exec sleep 61'], { timeoutMs: 1000 });
    const pid = (await untilText(command.stdout, '\n')).trim();
    await expect(command.ended).rejects.toMatchObject({ code: 'timed_out' });
    const isAlive = async () => (await exec(link, ['kill', '-0', pid])).end;
    const alive = { kind: 'exit', code: 0 };
    if (endsCommands) return expect.poll(isAlive, { timeout: 5000 }).not.toEqual(alive);
    expect(await isAlive()).toEqual(alive);
    await exec(link, ['kill', pid]);
  });

  test('a caller that gives up ends its command and no other', async () => {
    const { link } = await open();
    const giveUp = new AbortController();
    const command = await link.exec(['sleep', '5'], { ...TIMEOUT, signal: giveUp.signal });
    // Already running: dropbear closes a session that was just opened when the command of another one is killed.
    const other = collectOutput(await link.exec(['sh', '-c', 'sleep 0.3; echo done'], TIMEOUT), CAP);
    giveUp.abort();
    await expect(command.ended).rejects.toMatchObject({ code: 'timed_out' });
    expect((await other).stdout).toBe('done\n');
    await expect(link.exec(['true'], { ...TIMEOUT, signal: giveUp.signal })).rejects.toMatchObject({
      code: 'timed_out',
    });
  });
};

const shells = (open: () => Promise<LinkUnderTest>) => {
  test('a shell has the size it was opened with, follows a resize and reports how it ended', async () => {
    const { link } = await open();
    const shell = await link.shell({ cols: 91, rows: 33, term: 'xterm-256color' });
    shell.stream.write('stty size; echo $TERM\n');
    const first = await untilText(shell.stream, 'xterm-256color');
    expect(first).toContain('33 91');
    shell.resize(1e9, 0);
    // The size and the next line travel separately: wait for the one in the other.
    shell.stream.write('until [ "$(stty size)" = "1 1000" ]; do sleep 0.05; done; echo resized-$((1+1))\n');
    await untilText(shell.stream, 'resized-2');
    shell.stream.resume();
    shell.stream.write('exit 7\n');
    expect(await shell.ended).toEqual({ kind: 'exit', code: 7 });
  });

  test('closing a shell hangs up on what runs in it', async () => {
    const { link } = await open();
    const shell = await link.shell({ cols: 80, rows: 24, term: 'xterm' });
    shell.stream.write('stty -echo; sleep 63 & echo pid=$!=; wait\n');
    const pid = /pid=(\d+)=/.exec(await untilText(shell.stream, '=\r\n'))?.[1] ?? 'none';
    shell.close();
    await expect
      .poll(async () => (await exec(link, ['kill', '-0', pid])).end, { timeout: 8000 })
      .not.toEqual({
        kind: 'exit',
        code: 0,
      });
  });

  test('WS-6 a stalled reader of a flooding shell holds a bounded amount, and an interrupt gets through', async () => {
    const { link } = await open();
    const shell = await link.shell({ cols: 80, rows: 24, term: 'xterm' });
    shell.stream.write('yes 0123456789abcdef\n');
    await untilText(shell.stream, '0123456789abcdef\r\n0123456789abcdef');
    shell.stream.pause();
    const before = process.memoryUsage().arrayBuffers;
    await delay(500);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * MIB);
    shell.stream.write('\x03echo inter-$((2*3))\n');
    await untilText(shell.stream, 'inter-6');
    shell.close();
  });
};

/** Declares the tests. `open` gives a new link each time; whoever calls this closes them. */
export const linkConformance = (open: () => Promise<LinkUnderTest>, expectations: Expectations): void => {
  endsAndOutputs(open);
  inputAndEnd(open, expectations);
  shells(open);
};
