import { runResultOf } from '@serverbox/contract/run-results';
import type { RunId, RunTarget } from '@serverbox/contract/runs';
import { Link } from '@tanstack/react-router';
import { formatBytes, formatDuration } from '../../lib/format.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Spinner } from '../../ui/Spinner.tsx';
import { countNodes } from '../nodes/count-words.ts';
import { RunOutput } from './RunOutput.tsx';
import pageStyles from './RunPage.module.css';
import styles from './RunResults.module.css';
import { RESULT_TONES, resultWords, sameOutputKey } from './run-words.ts';

interface Props {
  runId: RunId;
  targets: readonly RunTarget[];
  isGrouped: boolean;
}

/** What came of it, a card for each node; or a card for each answer with the nodes that gave it, the most common first. */
export const RunResults = ({ runId, targets, isGrouped }: Props) => {
  const groups = isGrouped
    ? [...Map.groupBy(targets, sameOutputKey).values()].sort((a, b) => b.length - a.length)
    : targets.map((target) => [target]);
  return (
    <ul className={pageStyles.grid} aria-label="Results">
      {groups.map((group) => {
        const first = group[0];
        return first && <ResultCard key={first.nodeId} runId={runId} target={first} group={group} />;
      })}
    </ul>
  );
};

const tookMs = ({ startedAt, endedAt }: RunTarget): number | null =>
  startedAt === null || endedAt === null ? null : Date.parse(endedAt) - Date.parse(startedAt);

const NodeNames = ({ group }: { group: readonly RunTarget[] }) => (
  <span className={styles.names}>
    {group.map(({ nodeId, nodeName }) => (
      <Link key={nodeId} to="/nodes/$nodeId" params={{ nodeId }} className={styles.name}>
        {nodeName}
      </Link>
    ))}
  </span>
);

const ResultCard = ({ runId, target, group }: { runId: RunId; target: RunTarget; group: readonly RunTarget[] }) => {
  const kind = runResultOf(target);
  return (
    <li className={styles.card} data-kind={kind} aria-label={group.map(({ nodeName }) => nodeName).join(', ')}>
      <header className={styles.head}>
        {group.length > 1 && <p className={styles.many}>{countNodes(group.length)} with the same answer</p>}
        <NodeNames group={group} />
        <span className={styles.outcome}>
          {kind === 'running' && <Spinner />}
          <Badge tone={RESULT_TONES[kind]}>{resultWords(target)}</Badge>
          {group.length === 1 && tookMs(target) !== null && <span>{formatDuration(tookMs(target))}</span>}
        </span>
      </header>
      {target.reason !== null && <p className={styles.reason}>{target.reason}</p>}
      <RunOutput runId={runId} target={target} />
      {target.droppedBytes > 0 && (
        <p className={styles.reason}>{formatBytes(target.droppedBytes)} more were written and not kept.</p>
      )}
    </li>
  );
};
