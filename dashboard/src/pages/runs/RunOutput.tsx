import type { RunId, RunTarget } from '@serverbox/contract/runs';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { parseAnsi } from '../../components/logs/ansi.ts';
import { LogRow } from '../../components/logs/LogRow.tsx';
import { toProblem } from '../../lib/errors.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { CopyButton } from '../../ui/CopyButton.tsx';
import { linesOf, MAX_LINES } from './output-lines.ts';
import styles from './RunOutput.module.css';

/** What a node wrote. It is text from a machine: escapes become styles or visible marks, never anything else. */
export const RunOutput = ({ runId, target }: { runId: RunId; target: RunTarget }) => {
  const trpc = useTRPC();
  const [isWhole, setIsWhole] = useState(false);
  const whole = useQuery(
    trpc.runs.output.queryOptions({ runId, nodeId: target.nodeId }, { enabled: isWhole && target.isPreview }),
  );
  const { stdout, stderr } = whole.data ?? target;
  const { lines, leftOut } = useMemo(() => linesOf(stdout, stderr), [stdout, stderr]);
  if (lines.length === 0) return <p className={styles.none}>{noOutputWords(target)}</p>;
  return (
    <div className={styles.root}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard. */}
      <section className={styles.output} tabIndex={0} aria-label={`Output of ${target.nodeName}`}>
        {lines.map((line) => (
          <LogRow
            key={line.number}
            line={line}
            spans={parseAnsi(line.text)}
            query=""
            isCurrent={false}
            hasStamp={false}
          />
        ))}
        {leftOut > 0 && (
          <p className={styles.none}>
            {leftOut} more lines: the first {MAX_LINES} are shown, copying takes all.
          </p>
        )}
      </section>
      <span className={styles.tools}>
        <CopyButton
          text={[stdout, stderr].filter((text) => text !== '').join('\n')}
          label={`Copy output of ${target.nodeName}`}
        />
      </span>
      {target.isPreview && whole.data === undefined && (
        <div className={styles.more}>
          <Button
            size="sm"
            variant="ghost"
            isBusy={whole.isFetching}
            onClick={() => void (isWhole ? whole.refetch() : setIsWhole(true))}
          >
            Show all that is kept
          </Button>
          {whole.isError && <span role="alert">{toProblem(whole.error).message}</span>}
        </div>
      )}
    </div>
  );
};

const noOutputWords = ({ outcome }: RunTarget): string => {
  if (outcome === 'waiting') return 'It has not begun here.';
  return outcome === 'running' ? 'Nothing was written yet.' : 'Nothing was written.';
};
