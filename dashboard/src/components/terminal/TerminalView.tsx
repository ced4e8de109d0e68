import { lazy, Suspense } from 'react';
import { Skeleton } from '../../ui/Skeleton.tsx';
import type { SessionShelf } from './deck.tsx';
import type { ShellTarget } from './shell-target.ts';
import styles from './TerminalView.module.css';

export interface TerminalViewProps {
  target: ShellTarget;
  /** Where the shell outlives this component; without it the shell ends when the component goes. */
  kept?: { shellId: string; shelf: SessionShelf } | undefined;
  /** What the program calls its window: for the label of this shell's own tab and nothing else. */
  onTitle?: ((title: string) => void) | undefined;
}

const TerminalFrame = lazy(async () => ({ default: (await import('./TerminalFrame.tsx')).TerminalFrame }));

/** A shell in the page. The terminal's code is loaded when the first one is drawn. */
export const TerminalView = (props: TerminalViewProps) => (
  <div className={styles.view}>
    <Suspense fallback={<Skeleton shape="block" height="100%" />}>
      <TerminalFrame {...props} />
    </Suspense>
  </div>
);
