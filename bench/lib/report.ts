/** Figures as people read them (a table) and as programs do (a JSON object a line). */
import { ANCHORS, ANCHORS_TAKEN_ON } from './anchors.ts';
import type { Figure, Verdict } from './figure.ts';
import { formatNumber, goalText, judge, ratioOf } from './figure.ts';
import type { Calm } from './machine.ts';

export interface BenchResult {
  id: string;
  title: string;
  /** Before the run. */
  calm: Calm;
  figures: readonly Figure[];
}

const HEADINGS = ['figure', 'ours', 'limit', 'peer', 'ours/limit', 'goal', 'verdict'];

export const verdictOf = (figure: Figure, { isQuiet }: Calm): Verdict => judge(figure, isQuiet);

const peerText = ({ id }: Figure): string => {
  const anchor = ANCHORS[id];
  return anchor === undefined ? '—' : `${formatNumber(anchor.value)} (${anchor.peer}, ${ANCHORS_TAKEN_ON})`;
};

const cellsOf = (figure: Figure, calm: Calm): string[] => {
  const { id, what, unit, ours, limit } = figure;
  const ratio = ratioOf(figure);
  return [
    `${id} ${what}`,
    `${formatNumber(ours)} ${unit}`,
    limit === undefined ? '—' : `${formatNumber(limit.value)} (${limit.name})`,
    peerText(figure),
    ratio === undefined ? '—' : formatNumber(ratio),
    goalText(figure),
    verdictOf(figure, calm),
  ];
};

/** For a terminal: columns in line, notes below. */
export const toText = ({ figures, calm }: BenchResult): string => {
  const rows = [HEADINGS, ...figures.map((figure) => cellsOf(figure, calm))];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const notes = figures.flatMap(({ id, note }) => (note === undefined ? [] : [`${id}: ${note}`]));
  return [...lines, ...notes].join('\n');
};

const percent = (share: number): string => `${Math.round(share * 100)} %`;

export const calmText = ({ idleShare, load, othersShare }: Calm): string => {
  const loads = load.map((each) => each.toFixed(2)).join(' ');
  return `before the run idle ${percent(idleShare)}, load ${loads}; others took ${percent(othersShare)} of the machine during it`;
};

export interface Occasion {
  machine: string;
  at: Date;
}

const toSection = (result: BenchResult, { machine, at }: Occasion): string => {
  const { calm, figures } = result;
  const row = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const notes = figures.flatMap(({ id, note }) => (note === undefined ? [] : [`- ${id}: ${note}`]));
  return [
    `${at.toISOString().slice(0, 10)}, ${machine}; ${calmText(calm)}.`,
    '',
    row(HEADINGS),
    row(HEADINGS.map(() => '---')),
    ...figures.map((figure) => row(cellsOf(figure, calm))),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ].join('\n');
};

const INTRODUCTION = `# Benchmarks

Written by \`npm run bench -- <path> --write\`, which renews what it measured and leaves the rest. Goals are ratios to a limit that was measured in the same run, because a busy machine slows both; "noisy" means that the machine was too busy to judge. Peers are stored figures, not of this run.`;

/** The sections of a document by their headings, in order. */
const sectionsOf = (document: string): Map<string, string> =>
  new Map(
    document
      .split(/^## /m)
      .slice(1)
      .map((section) => {
        const end = section.indexOf('\n');
        return [section.slice(0, end), section.slice(end + 1).trim()];
      }),
  );

/**
 * The whole of `docs/generated/benchmarks.md`: what it was, with the sections of these results in place of the older ones. A
 * new section comes last.
 */
export const toMarkdown = (document: string, results: readonly BenchResult[], occasion: Occasion): string => {
  const sections = sectionsOf(document);
  for (const result of results) sections.set(result.title, toSection(result, occasion));
  const texts = [...sections].map(([title, text]) => `## ${title}\n\n${text}`);
  return `${[INTRODUCTION, ...texts].join('\n\n')}\n`;
};

/** One line for each target of each figure. */
export const toJsonLines = ({ id: bench, figures, calm }: BenchResult, at: Date): string =>
  figures
    .flatMap((figure) => {
      const { id, what, unit, ours, limit } = figure;
      const common = {
        bench,
        id,
        what,
        unit,
        at: at.toISOString(),
        load: calm.load,
        idleShare: calm.idleShare,
        othersShare: calm.othersShare,
      };
      return [
        { ...common, target: 'ours', value: ours, verdict: verdictOf(figure, calm) },
        ...(limit === undefined ? [] : [{ ...common, target: limit.name, value: limit.value }]),
      ];
    })
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
