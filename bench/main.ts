/** `npm run bench -- <path>|all [--quick] [--json FILE] [--write] [--wait SECONDS]`: measures and compares with the goals. */
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { enterPlainShells } from '../lab/plain-shells.ts';
import { parseArguments } from './lib/arguments.ts';
import type { Bench } from './lib/bench.ts';
import { sweepDataDirs } from './lib/data-dir.ts';
import { describeMachine, untilQuiet, watchCalm } from './lib/machine.ts';
import { listTree } from './lib/process-stats.ts';
import type { BenchResult } from './lib/report.ts';
import { calmText, toJsonLines, toMarkdown, toText, verdictOf } from './lib/report.ts';

/** In the order of a whole run. A benchmark is loaded when it runs: none weighs on the others. */
const BENCHES: Record<string, () => Promise<Bench>> = {
  start: () => import('./start.ts').then(({ startup }) => startup),
  containers: () => import('./containers.ts').then(({ containers }) => containers),
  ingest: () => import('./ingest.ts').then(({ ingest }) => ingest),
  live: () => import('./live.ts').then(({ live }) => live),
  storage: () => import('./storage.ts').then(({ storage }) => storage),
  charts: () => import('./charts.ts').then(({ charts }) => charts),
  fanout: () => import('./fanout.ts').then(({ fanout }) => fanout),
  'ssh-exec': () => import('./ssh-exec.ts').then(({ sshExec }) => sshExec),
  links: () => import('./links.ts').then(({ links }) => links),
  terminal: () => import('./terminal.ts').then(({ terminal }) => terminal),
  agent: () => import('./agent.ts').then(({ agent }) => agent),
  audit: () => import('./audit.ts').then(({ audit }) => audit),
  dashboard: () => import('./dashboard.ts').then(({ dashboard }) => dashboard),
};
const PATHS = Object.keys(BENCHES);
const REPORT = join(import.meta.dirname, '../docs/generated/benchmarks.md');
const USAGE = `usage: npm run bench -- <path>|all [--quick] [--json FILE] [--write] [--wait SECONDS]\npaths: ${PATHS.join(' ')}`;
const EXIT_MISSED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

const runOne = async (bench: Bench, isQuick: boolean, waitMs: number): Promise<BenchResult> => {
  const before = await untilQuiet(waitMs);
  const say = (what: string) => process.stderr.write(`${bench.id}: ${what}\n`);
  const { result: figures, calm } = await watchCalm(before, () => bench.run({ isQuick, say }));
  return { id: bench.id, title: bench.title, calm, figures };
};

const main = async (): Promise<number> => {
  const { path, isQuick, jsonPath, writesReport, waitMs } = parseArguments(process.argv.slice(2), PATHS);
  await sweepDataDirs();
  const results: BenchResult[] = [];
  const failures: string[] = [];
  for (const name of path === 'all' ? PATHS : [path]) {
    try {
      const result = await runOne(await (BENCHES[name] as () => Promise<Bench>)(), isQuick, waitMs);
      results.push(result);
      console.log(`\n${result.title}; ${calmText(result.calm)}\n${toText(result)}\n`);
      if (jsonPath !== undefined) await appendFile(jsonPath, toJsonLines(result, new Date()));
    } catch (error) {
      // The others are worth their time all the same; the exit code says that something is missing.
      failures.push(name);
      console.error(`${name} failed:`, error);
    }
    // After each: a run of an hour that is cut short has still measured what it has.
    if (writesReport) {
      const document = await readFile(REPORT, 'utf8').catch(() => '');
      await writeFile(REPORT, toMarkdown(document, results, { machine: describeMachine(), at: new Date() }));
    }
  }
  const hasMissed = results.some(({ figures, calm }) => figures.some((figure) => verdictOf(figure, calm) === 'missed'));
  return failures.length > 0 || hasMissed ? EXIT_MISSED : 0;
};

/** What runs below us would not notice that we are gone; the next run sweeps what it leaves. */
const interrupt = (): void => {
  for (const pid of listTree(process.pid).slice(1).reverse()) process.kill(pid, 'SIGTERM');
  process.exit(EXIT_INTERRUPTED);
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, interrupt);

enterPlainShells();
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(EXIT_USAGE);
  },
);
