/** Commands, shells and files over pooled SSH connections, against OpenSSH's shared connections to the same sshd. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startSshd } from '../lab/sshd.ts';
import type { Bench, BenchOptions } from './lib/bench.ts';
import { openDataDir } from './lib/data-dir.ts';
import type { Figure } from './lib/figure.ts';
import { interleave } from './lib/interleave.ts';
import type { Program } from './lib/program.ts';
import { startProgram } from './lib/program.ts';
import { median, percentile } from './lib/statistics.ts';
import type { Usage } from './lib/usage.ts';
import type { OpenSsh } from './ssh-exec/openssh.ts';
import { openMasters, spawnLocally } from './ssh-exec/openssh.ts';

interface Stage {
  ours: Program;
  masters: OpenSsh;
  hosts: number;
  file: string;
  fileMb: number;
  /** A port that never answers. */
  deadPort: number;
  stop(): Promise<void>;
}

const KB = 1000;
const MB = 1e6;

const openBlackHole = async () => {
  const hole = await startProgram(import.meta.resolve('./ssh-exec/black-hole-program.ts'));
  const port = await hole.ask<number>('port');
  process.kill(hole.pid, 'SIGSTOP');
  const fillers = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await delay(200);
  return {
    port,
    stop: async () => {
      for (const filler of fillers) filler.destroy();
      process.kill(hole.pid, 'SIGCONT');
      await hole.stop();
    },
  };
};

const openStage = async (isQuick: boolean): Promise<Stage> => {
  const hosts = isQuick ? 20 : 100;
  const fileMb = isQuick ? 32 : 128;
  const dir = await openDataDir();
  const sshd = await startSshd();
  const { stdout } = await promisify(execFile)('ssh-keyscan', ['-t', 'ed25519', '-p', String(sshd.port), '127.0.0.1']);
  const hostKey = stdout.trim().split(' ').slice(1).join(' ');
  const [keyPath, known, file] = ['key', 'known_hosts', 'file'].map((name) => join(dir.path, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(keyPath, sshd.privateKey, { mode: 0o600 });
  await writeFile(known, `[127.0.0.1]:${sshd.port} ${hostKey}\n`);
  await writeFile(file, Buffer.alloc(fileMb * MB, 'the same again '));
  const program = import.meta.resolve('./ssh-exec/pool-program.ts');
  const ours = await startProgram(program, String(sshd.port), sshd.username, hostKey, keyPath);
  const options = [
    ...['-F', 'none', '-i', keyPath, '-o', `UserKnownHostsFile=${known}`, '-o', 'LogLevel=ERROR'],
    ...['-o', `Port=${sshd.port}`, '-o', 'Ciphers=aes128-gcm@openssh.com'],
  ];
  const masters = await openMasters(dir.path, options, `${sshd.username}@127.0.0.1`, hosts);
  const hole = await openBlackHole();
  return {
    ...{ ours, masters, hosts, file, fileMb },
    deadPort: hole.port,
    stop: async () => {
      await Promise.all([ours.stop(), masters.stop(), hole.stop()]);
      await sshd.stop();
      await dir.remove();
    },
  };
};

const cold = async ({ ours, hosts, deadPort }: Stage): Promise<Figure[]> => {
  const all = await ours.ask<number[]>('cold', { count: hosts, dead: 0, deadPort });
  const beside = await ours.ask<number[]>('cold', { count: hosts, dead: hosts / 10, deadPort });
  const about = { unit: 'ms', better: 'lower' } as const;
  return [
    {
      ...about,
      id: 'X2',
      what: `a command on ${hosts} nodes that nobody was connected to`,
      ours: Math.max(...all),
      goal: { absolute: 13 * hosts },
      note: `slowest of all; the sshd of all nodes is one, on the same cores`,
    },
    {
      ...about,
      id: 'X2d',
      what: `the same beside ${hosts / 10} that never answer, p99 of the others`,
      ours: percentile(beside, 0.99),
      limit: { name: 'without those', value: percentile(all, 0.99) },
      goal: { ofLimit: 1.2 },
    },
  ];
};

const warm = async ({ ours, masters, hosts }: Stage, rounds: number): Promise<Figure[]> => {
  const fan = await interleave(['ours', 'openssh', 'spawn'], rounds, (name) => {
    if (name === 'ours') return ours.ask<number>('fanOut');
    return name === 'openssh' ? masters.fanOut() : spawnLocally(hosts);
  });
  const one = await interleave(['ours', 'openssh'], rounds * 5, (name) =>
    name === 'ours' ? ours.ask<number>('exec') : masters.exec(),
  );
  const about = {
    unit: 'ms',
    better: 'lower',
    what: `a command on ${hosts} nodes, warm`,
    ours: median(fan.ours),
  } as const;
  return [
    { ...about, id: 'X1', limit: { name: 'local processes', value: median(fan.spawn) }, goal: { ofLimit: 1.5 } },
    { ...about, id: 'X1m', limit: { name: 'ControlMaster', value: median(fan.openssh) }, goal: { ofLimit: 0.5 } },
    {
      ...about,
      id: 'X4',
      what: 'a command on one node, warm',
      ours: median(one.ours),
      limit: { name: 'ControlMaster', value: median(one.openssh) },
      goal: { ofLimit: 0.5 },
    },
  ];
};

const shells = async ({ ours }: Stage, rounds: number): Promise<Figure[]> => {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) times.push(await ours.ask<number>('shell'));
  const what = 'a terminal on a pooled connection, until keys are taken, p50';
  return [{ id: 'T6p', what, unit: 'ms', better: 'lower', ours: median(times), goal: { absolute: 15 } }];
};

const throughput = async ({ ours, masters, file, fileMb }: Stage, rounds: number): Promise<Figure[]> => {
  const figures: Figure[] = [];
  for (const [id, way] of [
    ['X5', 'stream'],
    ['X6', 'sftp'],
  ] as const) {
    const times = await interleave(['ours', 'openssh'], rounds, (name) =>
      name === 'ours' ? ours.ask<number>(way, file) : masters[way](file),
    );
    const rate = (each: readonly number[]) => (fileMb / median(each)) * 1000;
    figures.push({
      id,
      what: way === 'stream' ? `${fileMb} MB through cat` : `${fileMb} MB over SFTP`,
      unit: 'MB/s',
      better: 'higher',
      ours: rate(times.ours),
      limit: { name: way === 'stream' ? 'ssh' : 'sftp', value: rate(times.openssh) },
      goal: { ofLimit: 0.8 },
    });
  }
  return figures;
};

const memory = async ({ ours }: Stage, connections: number, commands: number): Promise<Figure[]> => {
  await ours.ask('closeAll');
  await ours.ask('connect', 5);
  await ours.ask('execMany', 200);
  await delay(1000);
  const before = await ours.ask<Usage>('usage');
  await ours.ask('connect', connections);
  await delay(1000);
  const idle = await ours.ask<Usage>('usage');
  await ours.ask('execMany', commands);
  await delay(1000);
  const after = await ours.ask<Usage>('usage');
  const about = { better: 'lower', isExact: true } as const;
  return [
    {
      ...about,
      id: 'X3',
      what: `memory of an idle connection, ${connections} of them`,
      unit: 'KB',
      ours: Math.max(0, idle.rssBytes - before.rssBytes) / KB / connections,
      goal: { absolute: 100 },
    },
    {
      ...about,
      id: 'X3l',
      what: `memory grown by ${commands} commands`,
      unit: 'MB',
      ours: Math.max(0, after.rssBytes - idle.rssBytes) / MB,
      goal: { absolute: 32 },
    },
  ];
};

const run = async ({ isQuick, say }: BenchOptions): Promise<Figure[]> => {
  say('connections');
  const stage = await openStage(isQuick);
  const rounds = isQuick ? 3 : 15;
  const step = (what: string, work: () => Promise<Figure[]>): Promise<Figure[]> => {
    say(what);
    return work();
  };
  try {
    return [
      ...(await step('cold', () => cold(stage))),
      ...(await step('warm', () => warm(stage, rounds))),
      ...(await step('terminals', () => shells(stage, rounds * 2))),
      ...(await step('throughput', () => throughput(stage, rounds))),
      ...(await step('memory', () => memory(stage, isQuick ? 60 : 500, isQuick ? 800 : 10_000))),
    ];
  } finally {
    await stage.stop();
  }
};

export const sshExec: Bench = { id: 'ssh-exec', title: 'Commands over SSH', run };
