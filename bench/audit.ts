/** The audit trail: what a chained, durable event costs, and what it would cost without the common writer or the chain. */
import type { AppendResult, AppendRun } from './audit/program.ts';
import type { Bench, BenchOptions } from './lib/bench.ts';
import { openDataDir } from './lib/data-dir.ts';
import type { Figure } from './lib/figure.ts';
import { interleave } from './lib/interleave.ts';
import type { Program } from './lib/program.ts';
import { startProgram } from './lib/program.ts';
import { median } from './lib/statistics.ts';

const TARGETS = ['ours', 'unchained', 'naive', 'ours256'] as const;
type Target = (typeof TARGETS)[number];

const RUNS: Record<Target, Omit<AppendRun, 'seconds'>> = {
  ours: { way: 'ours', callers: 16 },
  ours256: { way: 'ours', callers: 256 },
  unchained: { way: 'unchained', callers: 16 },
  naive: { way: 'naive', callers: 16 },
};

const measure = async (program: Program, { isQuick }: BenchOptions): Promise<Figure[]> => {
  const seconds = isQuick ? 1 : 3;
  const results = await interleave(TARGETS, isQuick ? 1 : 3, (target) =>
    program.ask<AppendResult>('run', { ...RUNS[target], seconds }),
  );
  const alone = await program.ask<AppendResult>('run', { way: 'ours', callers: 1, seconds });
  const of = (target: Target, key: keyof AppendResult) => median(results[target].map((result) => result[key]));
  const naive = of('naive', 'perSecond');
  return [
    {
      id: 'L1',
      what: 'durable chained events, 16 callers',
      unit: '1/s',
      better: 'higher',
      ours: of('ours', 'perSecond'),
      limit: { name: '16 connections without a chain', value: of('unchained', 'perSecond') },
      goal: { ofLimit: 1.6, absolute: 12_000 },
      note: `a transaction for each event in the same run: ${Math.round(naive)}/s, p99 ${of('naive', 'p99').toFixed(0)} ms; ours is ${(of('ours', 'perSecond') / naive).toFixed(1)} times that (goal 8)`,
    },
    {
      id: 'L1b',
      what: 'durable chained events, 256 callers',
      unit: '1/s',
      better: 'higher',
      ours: of('ours256', 'perSecond'),
      goal: { absolute: 40_000 },
      note: `p99 ${of('ours256', 'p99').toFixed(0)} ms`,
    },
    {
      id: 'L2',
      what: 'append with 16 callers, p99',
      unit: 'ms',
      better: 'lower',
      ours: of('ours', 'p99'),
      goal: { absolute: 8 },
    },
    {
      id: 'L2b',
      what: 'append of a lone caller, p50',
      unit: 'ms',
      better: 'lower',
      ours: alone.p50,
      goal: { absolute: 1 },
      note: `p99 ${alone.p99.toFixed(1)} ms`,
    },
  ];
};

const run = async (options: BenchOptions): Promise<Figure[]> => {
  const dataDir = await openDataDir();
  try {
    const program = await startProgram(import.meta.resolve('./audit/program.ts'), `${dataDir.path}/data`);
    try {
      return await measure(program, options);
    } finally {
      await program.stop();
    }
  } finally {
    await dataDir.remove();
  }
};

export const audit: Bench = { id: 'audit', title: 'Audit trail', run };
