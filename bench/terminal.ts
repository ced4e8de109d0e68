/** A shell in the browser, against the plain `ssh -tt` of OpenSSH to the same machine. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Bench, BenchOptions } from './lib/bench.ts';
import type { Figure } from './lib/figure.ts';
import { interleave } from './lib/interleave.ts';
import { median, percentile } from './lib/statistics.ts';
import {
  measureEcho,
  measureEchoUnderFlood,
  measureIdleSessions,
  measureInterrupt,
  measureOpen,
  measureStalledReader,
  measureThroughput,
} from './terminal/measures.ts';
import type { TargetName, Targets } from './terminal/targets.ts';
import { openTargets, TARGETS } from './terminal/targets.ts';

type Measured = Record<TargetName, number>;
type About = Pick<Figure, 'id' | 'what' | 'unit' | 'better' | 'goal'> & Partial<Pick<Figure, 'note' | 'isExact'>>;

const LIMIT = 'ssh -tt';
const OURS = [
  ['agent', '', "over the agent's link"],
  ['sshd', 's', 'over a link to sshd'],
] as const;

/** One figure for each of our ways; the second has the letter `s` behind its id. */
const figuresOf = ({ note, ...about }: About, measured: Measured, limited = true): Figure[] =>
  OURS.map(([name, letter, way]) => ({
    ...about,
    id: `${about.id}${letter}`,
    what: `${about.what}, ${way}`,
    ours: measured[name],
    ...(limited ? { limit: { name: LIMIT, value: measured.ssh } } : {}),
    ...(letter === '' && note !== undefined ? { note } : {}),
  }));

const mapTargets = (pick: (name: TargetName) => number): Measured => ({
  agent: pick('agent'),
  sshd: pick('sshd'),
  ssh: pick('ssh'),
});

const throughput = async (targets: Targets, rounds: number): Promise<Figure[]> => {
  const terminals = {
    agent: await targets.agent.open(),
    sshd: await targets.sshd.open(),
    ssh: await targets.ssh.open(),
  };
  const results = await interleave(TARGETS, rounds, (name, round) =>
    measureThroughput(terminals[name], targets.file, round),
  );
  for (const name of TARGETS) await terminals[name].close();
  const about: About = {
    id: 'T1',
    what: '32 MB printed',
    unit: 'MB/s',
    better: 'higher',
    goal: { ofLimit: 0.8, absolute: 60 },
  };
  return figuresOf(
    about,
    mapTargets((name) => median(results[name])),
  );
};

const echo = async (targets: Targets, rounds: number, keys: number): Promise<Figure[]> => {
  const results = await interleave(TARGETS, rounds, async (name) => {
    const terminal = await targets[name].open();
    const times = await measureEcho(terminal, keys);
    await terminal.close();
    return times;
  });
  const all = (name: TargetName) => results[name].flat();
  const note = TARGETS.map((name) => `${name} p99 ${percentile(all(name), 0.99).toFixed(1)} ms`).join(', ');
  const about: About = {
    id: 'T2',
    what: 'key → echo, p50',
    unit: 'ms',
    better: 'lower',
    goal: { ofLimit: 1.6, absolute: 0.6 },
    note,
  };
  return figuresOf(
    about,
    mapTargets((name) => median(all(name))),
  );
};

const echoUnderFlood = async (targets: Targets, rounds: number, keys: number): Promise<Figure[]> => {
  const results = await interleave(TARGETS, rounds, (name) => measureEchoUnderFlood(targets[name], keys));
  const all = (name: TargetName) => results[name].flatMap(({ times }) => times);
  const told = (name: TargetName) => {
    const floods = results[name].map(({ floodMbps }) => floodMbps);
    return `${name} p50 ${median(all(name)).toFixed(1)} ms beside ${median(floods).toFixed(0)} MB/s`;
  };
  const note = TARGETS.map(told).join(', ');
  const about: About = {
    id: 'T3',
    what: 'key → echo while another terminal floods, p99',
    unit: 'ms',
    better: 'lower',
    goal: { ofLimit: 3, absolute: 25 },
    note,
  };
  return figuresOf(
    about,
    mapTargets((name) => percentile(all(name), 0.99)),
  );
};

const stalled = async (targets: Targets, seconds: number): Promise<Figure[]> => {
  const agent = await measureStalledReader(targets.agent, targets.file, seconds);
  const sshd = await measureStalledReader(targets.sshd, targets.file, seconds);
  const about: About = {
    id: 'T4',
    what: `memory grown by a flood that nobody reads for ${seconds} s`,
    unit: 'MB',
    better: 'lower',
    goal: { absolute: 4 },
    isExact: true,
  };
  return figuresOf(about, { agent, sshd, ssh: 0 }, false);
};

const interrupt = async (targets: Targets, rounds: number): Promise<Figure[]> => {
  const results = await interleave(TARGETS, rounds, (name) => measureInterrupt(targets[name], targets.file));
  const about: About = {
    id: 'T5',
    what: 'Ctrl-C on a flood read at 5 MB/s',
    unit: 'ms',
    better: 'lower',
    goal: { ofLimit: 2, absolute: 500 },
  };
  return figuresOf(
    about,
    mapTargets((name) => median(results[name])),
  );
};

const opening = async (targets: Targets, rounds: number): Promise<Figure[]> => {
  const results = await interleave(['agent', 'sshd'], rounds, async (name) => {
    const tookMs = await measureOpen(targets[name]);
    await delay(100);
    return tookMs;
  });
  const about: About = {
    id: 'T6',
    what: 'opened on a link that is there, until keys are taken',
    unit: 'ms',
    better: 'lower',
    goal: { absolute: 15 },
    note: `slowest ${Math.max(...results.agent).toFixed(0)} ms; the shell's own start comes after it`,
  };
  return figuresOf(about, { agent: median(results.agent), sshd: median(results.sshd), ssh: 0 }, false);
};

const SESSIONS = 9;

const idleSessions = async (targets: Targets): Promise<Figure[]> => {
  const measured = {
    agent: await measureIdleSessions(targets.agent, SESSIONS),
    sshd: await measureIdleSessions(targets.sshd, SESSIONS),
    ssh: 0,
  };
  const about: About = {
    id: 'T7',
    what: 'memory of an idle session',
    unit: 'KB',
    better: 'lower',
    goal: { absolute: 120 },
    isExact: true,
    note: `${SESSIONS} sessions; core and agent together`,
  };
  return figuresOf(about, measured, false);
};

const run = async ({ isQuick, say }: BenchOptions): Promise<Figure[]> => {
  const targets = await openTargets();
  const step = async (what: string, work: () => Promise<Figure[]>): Promise<Figure[]> => {
    say(what);
    return work();
  };
  try {
    return [
      ...(await step('throughput', () => throughput(targets, isQuick ? 2 : 7))),
      ...(await step('echo', () => echo(targets, isQuick ? 1 : 3, isQuick ? 100 : 300))),
      ...(await step('echo under flood', () => echoUnderFlood(targets, isQuick ? 1 : 3, isQuick ? 60 : 200))),
      ...(await step('Ctrl-C', () => interrupt(targets, isQuick ? 1 : 5))),
      ...(await step('opening', () => opening(targets, isQuick ? 3 : 15))),
      ...(await step('idle sessions', () => idleSessions(targets))),
      ...(await step('a reader that stalls', () => stalled(targets, isQuick ? 4 : 30))),
    ];
  } finally {
    await targets.stop();
  }
};

export const terminal: Bench = { id: 'terminal', title: 'Terminal', run };
