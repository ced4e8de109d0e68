import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDownToLine, ScrollText } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useIsNarrow } from '../../hooks/use-media.ts';
import { toProblem } from '../../lib/errors.ts';
import { formatNumber } from '../../lib/format.ts';
import { Button } from '../../ui/Button.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { ErrorState } from '../../ui/ErrorState.tsx';
import { LogRow } from './LogRow.tsx';
import type { Since } from './LogToolbar.tsx';
import { LogToolbar } from './LogToolbar.tsx';
import styles from './LogViewer.module.css';
import { downloadAddress } from './log-request.ts';
import { LOG_CAPACITY } from './log-ring.ts';
import type { LogStreamState } from './log-stream.ts';
import { useFollow } from './use-follow.ts';
import type { StreamChoice } from './use-log.ts';
import { useLog } from './use-log.ts';
import { useSearch } from './use-search.ts';

const LINE_PX = 20;

const STATE_WORDS: Record<LogStreamState['is'], string> = {
  connecting: 'Connecting',
  live: 'Live',
  ended: 'The log has ended: the container does not run',
  retrying: 'Interrupted; trying again',
  failed: 'Stopped',
};

interface Props {
  nodeId: string;
  containerId: string;
}

/** A container's log, live: search, follow, filters, and never more than the newest 20,000 lines in memory. */
export const LogViewer = ({ nodeId, containerId }: Props) => {
  const [since, setSince] = useState<Since>('recent');
  const [choice, setChoice] = useState<StreamChoice>('all');
  const [isWrapped, setWrapped] = useState(true);
  const isNarrow = useIsNarrow();
  const [hasStamps, setStamps] = useState(!isNarrow);
  const target = { nodeId, containerId, since: since === 'recent' ? undefined : since };
  const log = useLog(target, choice);
  const search = useSearch(log);
  const scroller = useRef<HTMLDivElement>(null);
  const { isFollowing, setFollowing } = useFollow(scroller, log.setFollowing);

  const rows = useVirtualizer({
    count: log.numbers.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    getItemKey: (index) => log.numbers[index] ?? index,
    overscan: 20,
  });
  const lastNumber = log.numbers.at(-1);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each new last line, not the virtualizer, moves the view.
  useEffect(() => {
    if (isFollowing && log.numbers.length > 0) rows.scrollToIndex(log.numbers.length - 1, { align: 'end' });
  }, [isFollowing, lastNumber, isWrapped, hasStamps]);

  const step = (by: 1 | -1) => {
    const number = search.step(by);
    if (number === undefined) return;
    setFollowing(false);
    rows.scrollToIndex(log.numbers.indexOf(number), { align: 'center' });
  };

  return (
    <section className={styles.viewer} data-wrap={isWrapped || undefined} aria-label="Log">
      <LogToolbar
        search={search}
        onStep={step}
        since={since}
        onSinceChange={setSince}
        choice={choice}
        onChoiceChange={setChoice}
        isWrapped={isWrapped}
        onWrappedChange={setWrapped}
        hasStamps={hasStamps}
        onStampsChange={setStamps}
        onClear={log.clear}
        downloadUrl={downloadAddress(target)}
      />
      {log.isHeld && (
        <p className={styles.notice} data-tone="warning">
          {formatNumber(LOG_CAPACITY)} lines are kept. Reading waits so that nothing moves while you look; go to the end
          to continue.
        </p>
      )}
      {log.droppedCount > 0 && !log.isHeld && (
        <p className={styles.notice}>
          {formatNumber(log.droppedCount)} older lines are no longer kept here. The download reaches further back.
        </p>
      )}
      <div className={styles.frame}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard. */}
        <div ref={scroller} className={styles.scroller} role="log" aria-live="off" aria-label="Lines" tabIndex={0}>
          {log.numbers.length === 0 ? (
            <LogEmpty state={log.state} isFiltered={choice !== 'all'} onRetry={log.restart} />
          ) : (
            <div className={styles.lines} style={{ height: rows.getTotalSize() }}>
              {rows.getVirtualItems().map((item) => {
                const entry = log.read(log.numbers[item.index] ?? -1);
                return (
                  <div
                    key={item.key}
                    ref={rows.measureElement}
                    data-index={item.index}
                    className={styles.line}
                    style={{ transform: `translateY(${item.start}px)` }}
                  >
                    {entry && (
                      <LogRow
                        line={entry.line}
                        spans={entry.spans}
                        query={search.query}
                        isCurrent={entry.line.number === search.current}
                        hasStamp={hasStamps}
                      />
                    )}
                  </div>
                );
              })}
            </div>
          )}
        </div>
        {!isFollowing && log.numbers.length > 0 && (
          <div className={styles.jump}>
            <Button size="sm" variant="secondary" icon={ArrowDownToLine} onClick={() => setFollowing(true)}>
              Go to the end
            </Button>
          </div>
        )}
      </div>
      <LogStatus log={log} isFollowing={isFollowing} />
    </section>
  );
};

const LogEmpty = ({ state, isFiltered, onRetry }: { state: LogStreamState; isFiltered: boolean; onRetry(): void }) => {
  if (state.is === 'failed') {
    const problem = toProblem(state.error);
    return (
      <div className={styles.empty}>
        <ErrorState size="card" title="The log could not be read" {...problem} onRetry={onRetry} />
      </div>
    );
  }
  if (state.is === 'connecting') return <p className={styles.notice}>Opening the log…</p>;
  return (
    <div className={styles.empty}>
      <EmptyState
        size="card"
        icon={ScrollText}
        title={isFiltered ? 'No such output' : 'Nothing written yet'}
        description={
          isFiltered
            ? 'The container has written nothing to this output in the chosen time.'
            : 'New lines appear here the moment the container writes them.'
        }
      />
    </div>
  );
};

const LogStatus = ({ log, isFollowing }: { log: ReturnType<typeof useLog>; isFollowing: boolean }) => (
  <footer className={styles.status}>
    <span role="status">{STATE_WORDS[log.state.is]}</span>
    <span>{formatNumber(log.numbers.length)} lines</span>
    <span>{isFollowing ? 'Follows the end' : 'Stays where you read'}</span>
    {(log.state.is === 'ended' || log.state.is === 'failed') && log.numbers.length > 0 && (
      <Button size="sm" variant="ghost" onClick={log.restart}>
        Read again
      </Button>
    )}
  </footer>
);
