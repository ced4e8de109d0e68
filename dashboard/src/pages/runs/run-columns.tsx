import { RUN_RESULTS } from '@serverbox/contract/run-results';
import type { RunSummary } from '@serverbox/contract/runs';
import { formatDuration } from '../../lib/format.ts';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import type { Column } from '../../ui/table-types.ts';
import styles from './RunsPage.module.css';
import { commandLine, nodeCount, progressWords } from './run-words.ts';

/** How much of the fleet is where: the words beneath say the same. */
const Progress = ({ run }: { run: RunSummary }) => (
  <span className={styles.two}>
    <span className={styles.parts} aria-hidden="true">
      {RUN_RESULTS.filter((result) => run.counts[result] > 0).map((result) => (
        <span key={result} className={styles.part} data-result={result} style={{ flexGrow: run.counts[result] }} />
      ))}
    </span>
    <span className={styles.minor}>{progressWords(run)}</span>
  </span>
);

const durationMs = ({ startedAt, endedAt }: RunSummary): number | null =>
  endedAt === null ? null : Date.parse(endedAt) - Date.parse(startedAt);

/** Newest first is the order of the core; it is not sorted otherwise, because what is on screen is not all there is. */
export const RUN_COLUMNS: readonly Column<RunSummary>[] = [
  {
    id: 'command',
    header: 'Command',
    width: 'minmax(12rem, 2.4fr)',
    card: 'title',
    cell: (run) => (
      <span className={styles.two}>
        <code className={styles.command}>{commandLine(run.command)}</code>
        <span className={styles.minor}>{run.command.kind === 'script' ? 'Script' : 'Program'}</span>
      </span>
    ),
  },
  {
    id: 'progress',
    header: 'Outcome',
    width: 'minmax(9rem, 1.2fr)',
    card: 'line',
    cell: (run) => <Progress run={run} />,
  },
  {
    id: 'nodes',
    header: 'Nodes',
    width: '64px',
    align: 'end',
    card: 'line',
    hideBelow: 500,
    cell: nodeCount,
  },
  {
    id: 'actor',
    header: 'Started by',
    width: 'minmax(9rem, 1fr)',
    card: 'line',
    hideBelow: 800,
    cell: (run) => run.actor,
  },
  {
    id: 'started',
    header: 'Started',
    width: '96px',
    align: 'end',
    card: 'line',
    hideBelow: 600,
    cell: (run) => <RelativeTime at={run.startedAt} />,
  },
  {
    id: 'took',
    header: 'Took',
    width: '96px',
    align: 'end',
    card: 'hidden',
    hideBelow: 920,
    cell: (run) => (run.endedAt === null ? 'Running' : formatDuration(durationMs(run))),
  },
];
