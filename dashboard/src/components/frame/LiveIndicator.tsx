import { useLiveState } from '../../hooks/use-live.ts';
import type { LiveState } from '../../lib/live.ts';
import type { StatusDotProps } from '../../ui/StatusDot.tsx';
import { StatusDot } from '../../ui/StatusDot.tsx';
import styles from './LiveIndicator.module.css';

const WORDS: Record<LiveState, { label: string; tone: StatusDotProps['tone']; explanation: string }> = {
  live: { label: 'Live', tone: 'success', explanation: 'Values arrive as they change.' },
  reconnecting: { label: 'Reconnecting', tone: 'warning', explanation: 'The live connection is being restored.' },
  paused: { label: 'Paused', tone: 'off', explanation: 'This tab was in the background. It goes on when you return.' },
  offline: { label: 'Offline', tone: 'danger', explanation: 'Server Box does not answer. Trying again.' },
};

/** Whether values arrive by themselves, in a word. On a phone the word is left out as long as all is well. */
export const LiveIndicator = ({ isCompact }: { isCompact: boolean }) => {
  const state = useLiveState();
  const { label, tone, explanation } = WORDS[state];
  return (
    <span className={styles.root} role="status" data-tooltip={explanation}>
      <StatusDot
        tone={tone}
        label={label}
        isLabelHidden={isCompact && state === 'live'}
        isPulsing={state === 'reconnecting'}
      />
    </span>
  );
};
