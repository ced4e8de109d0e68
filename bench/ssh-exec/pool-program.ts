/** The core's pools, each the link to one node, as the product dials them. argv: port, user, host key line, path of our private key. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock as clock } from '../../core/src/lib/clock.ts';
import { collectOutput } from '../../core/src/lib/link/collect-output.ts';
import { openTcp } from '../../core/src/lib/link/open-tcp.ts';
import { createSlots } from '../../core/src/lib/link/slots.ts';
import { dialHost } from '../../core/src/lib/link/ssh-dial.ts';
import { parseKeyLine } from '../../core/src/lib/link/ssh-keys.ts';
import { loginToHost } from '../../core/src/lib/link/ssh-login.ts';
import type { SshPool } from '../../core/src/lib/link/ssh-pool.ts';
import { openSshPool } from '../../core/src/lib/link/ssh-pool.ts';
import { readLoginKey } from '../../core/src/lib/link/ssh-private-keys.ts';
import { silentLog as log, Secret } from '../../core/src/lib/log.ts';
import { serve } from '../lib/serve.ts';
import { readUsage } from '../lib/usage.ts';

const [port = '', username = '', hostKey = '', keyPath = ''] = process.argv.slice(2);
const pinned = parseKeyLine(hostKey);
const { privateKey } = readLoginKey(new Secret(readFileSync(keyPath, 'utf8')));
const slots = createSlots(32);
const pools: SshPool[] = [];

const open = (toPort: number): Promise<SshPool> =>
  openSshPool({
    connect: async () => {
      const startLogin = loginToHost(username, { kind: 'key', privateKey }, { allowsWeak: false });
      const stream = await openTcp('127.0.0.1', toPort, 10_000);
      const host = { startLogin, pinned, learnt: [], allowsWeak: false };
      return (await dialHost(host, stream, { slots })).session;
    },
    clock,
    log,
  });
const keep = async (): Promise<SshPool> => {
  const pool = await open(Number(port));
  pool.hold();
  pools.push(pool);
  return pool;
};
const getPool = (): SshPool => {
  const [pool] = pools;
  if (pool === undefined) throw new Error('no pool is open');
  return pool;
};
const run = async (pool: SshPool, argv: [string, ...string[]] = ['echo', 'ok']): Promise<string> =>
  (await collectOutput(await pool.exec(argv, { timeoutMs: 60_000 }), { maxBytes: 1000 })).stdout;
const closeAll = () => {
  for (const pool of pools.splice(0)) pool.close('the benchmark is over');
};
/** OpenSSH answers a read with up to 256 KiB; the library asks for 32. */
const SFTP_CHUNK_BYTES = 128 * 1024;
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

const commands = {
  usage: readUsage,
  closeAll,
  /** `count` nodes that nobody was connected to, and as many as `dead` that never answer: each live one's time, in ms. */
  cold: async ({ count, dead, deadPort }: { count: number; dead: number; deadPort: number }) => {
    closeAll();
    const silent = Array.from({ length: dead }, () => open(deadPort).catch(() => undefined));
    const each = await Promise.all(
      Array.from({ length: count }, () => timed(async () => void (await run(await keep())))),
    );
    void Promise.all(silent);
    return each;
  },
  /** Connects so many more, and leaves them idle. */
  connect: async (count: number) => {
    for (let i = 0; i < count; i += 1) await keep();
  },
  /** One command on every node that is connected, in ms. */
  fanOut: () =>
    timed(async () => {
      const outputs = await Promise.all(pools.map((pool) => run(pool)));
      if (outputs.some((output) => output !== 'ok\n')) throw new Error('a node answered something else');
    }),
  exec: () => timed(() => run(getPool())),
  execMany: async (count: number) => {
    for (let left = count; left > 0; left -= 8) await Promise.all(Array.from({ length: 8 }, () => run(getPool())));
  },
  /** From the call until keys are taken, in ms. */
  shell: async () => {
    const startedAt = performance.now();
    const shell = await getPool().shell({ cols: 120, rows: 40, term: 'xterm' });
    const tookMs = performance.now() - startedAt;
    shell.stream.resume();
    await delay(50);
    shell.close();
    return tookMs;
  },
  /** A file through `cat`, in ms. */
  stream: (path: string) =>
    timed(async () => {
      const command = await getPool().exec(['cat', path], { timeoutMs: 60_000 });
      command.stdout.resume();
      command.stderr.resume();
      await command.ended;
    }),
  /** The same over SFTP. */
  sftp: async (path: string) => {
    const sftp = await getPool().sftp();
    try {
      return await timed(
        () =>
          new Promise<void>((resolve, reject) => {
            sftp.fastGet(path, '/dev/null', { chunkSize: SFTP_CHUNK_BYTES }, (error) =>
              error ? reject(error) : resolve(),
            );
          }),
      );
    } finally {
      sftp.end();
    }
  },
};
serve(commands, closeAll);
