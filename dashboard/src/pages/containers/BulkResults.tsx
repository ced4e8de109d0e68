import { CircleCheck, CircleDashed, CircleX, SkipForward } from 'lucide-react';
import { Button } from '../../ui/Button.tsx';
import { Dialog } from '../../ui/Dialog.tsx';
import { Spinner } from '../../ui/Spinner.tsx';
import styles from './BulkResults.module.css';
import type { ItemResult } from './bulk-run.ts';

const wordsOf = (result: ItemResult): string => {
  switch (result.is) {
    case 'waiting':
      return 'Waiting';
    case 'running':
      return 'Under way';
    case 'done':
      return 'Done';
    case 'skipped':
      return result.reason;
    case 'failed':
      return result.problem.message;
  }
};

const Mark = ({ result }: { result: ItemResult }) => {
  switch (result.is) {
    case 'waiting':
      return <CircleDashed size={16} aria-hidden="true" />;
    case 'running':
      return <Spinner />;
    case 'done':
      return <CircleCheck size={16} aria-hidden="true" />;
    case 'skipped':
      return <SkipForward size={16} aria-hidden="true" />;
    case 'failed':
      return <CircleX size={16} aria-hidden="true" />;
  }
};

const isSettled = (result: ItemResult) => result.is !== 'waiting' && result.is !== 'running';

/** What became of each, one line a thing. */
export const BulkResults = <T extends { name: string }>({
  results,
  keyOf,
  onClose,
}: {
  results: ReadonlyMap<T, ItemResult> | null;
  keyOf(target: T): string;
  onClose(): void;
}) => {
  const entries = [...(results ?? [])];
  const settled = entries.filter(([, result]) => isSettled(result)).length;
  const failed = entries.filter(([, result]) => result.is === 'failed').length;
  return (
    <Dialog
      open={results !== null}
      onOpenChange={(isOpen) => isOpen || onClose()}
      title={failed > 0 ? `${failed} of ${entries.length} failed` : `${settled} of ${entries.length} done`}
      footer={<Button onClick={onClose}>{settled < entries.length ? 'Go on in the background' : 'Close'}</Button>}
    >
      <ul className={styles.list} aria-live="polite">
        {entries.map(([target, result]) => (
          <li key={keyOf(target)} className={styles.item} data-is={result.is}>
            <span className={styles.mark}>
              <Mark result={result} />
            </span>
            <span className={styles.name}>{target.name}</span>
            <span className={styles.words}>{wordsOf(result)}</span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
};
