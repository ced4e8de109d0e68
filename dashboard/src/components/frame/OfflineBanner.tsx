import { useEffect, useState } from 'react';
import { useLiveState } from '../../hooks/use-live.ts';
import { formatClock } from '../../lib/format.ts';
import { Button } from '../../ui/Button.tsx';
import { Spinner } from '../../ui/Spinner.tsx';
import styles from './OfflineBanner.module.css';

/** Says that what is on screen may be old, and since when, while nothing arrives by itself. */
export const OfflineBanner = ({ onRetry }: { onRetry: () => void }) => {
  const state = useLiveState();
  const isOffline = state === 'offline';
  const [lastLiveAt, setLastLiveAt] = useState(() => new Date());
  useEffect(() => {
    // Leaving the live state is the moment up to which values are known to be true.
    if (state === 'live') return () => setLastLiveAt(new Date());
    return undefined;
  }, [state]);
  if (!isOffline) return null;
  return (
    <div className={styles.root} role="status">
      <Spinner />
      <span className={styles.words}>
        <strong>Server Box does not answer.</strong> Values may be as old as {formatClock(lastLiveAt)}. Trying again.
      </span>
      <Button size="sm" onClick={onRetry}>
        Try now
      </Button>
    </div>
  );
};
