import { ExternalLink } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { AccessoryKeys } from './AccessoryKeys.tsx';
import { FindBar } from './FindBar.tsx';
import { LinkBanner } from './LinkBanner.tsx';
import type { TerminalSession } from './session.ts';
import styles from './TerminalView.module.css';
import type { TerminalViewProps } from './TerminalView.tsx';
import { useSession, useSessionState } from './use-session.ts';

const PREVIEW_CHARS = 2000;

/** The terminal itself; lives in the lazy chunk. */
export const TerminalFrame = ({ target, kept, onTitle }: TerminalViewProps) => {
  const session = useSession(target, kept);
  return (
    <div className={styles.frame}>
      {session ? <SessionScreen session={session} onTitle={onTitle} /> : <Skeleton shape="block" height="100%" />}
    </div>
  );
};

const isFindKey = (event: React.KeyboardEvent) => event.ctrlKey && event.shiftKey && event.code === 'KeyF';
const isCopyKey = (event: React.KeyboardEvent) => event.ctrlKey && event.shiftKey && event.code === 'KeyC';
const isPasteKey = (event: React.KeyboardEvent) => event.ctrlKey && event.shiftKey && event.code === 'KeyV';

const SessionScreen = ({
  session,
  onTitle,
}: {
  session: TerminalSession;
  onTitle?: ((title: string) => void) | undefined;
}) => {
  const host = useRef<HTMLDivElement>(null);
  const state = useSessionState(session);
  const [isFinding, setFinding] = useState(false);

  useEffect(() => {
    if (host.current) session.attach(host.current);
    session.focus();
    return session.detach;
  }, [session]);
  useEffect(() => onTitle?.(state.title), [state.title, onTitle]);

  const onKeyDownCapture = (event: React.KeyboardEvent) => {
    if (isFindKey(event)) setFinding(true);
    else if (isCopyKey(event)) void session.copy();
    else if (isPasteKey(event)) void session.paste();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className={styles.session} onKeyDownCapture={onKeyDownCapture}>
      {isFinding && (
        <FindBar
          hits={state.hits}
          onFind={session.find}
          onClose={() => {
            session.endFind();
            setFinding(false);
            session.focus();
          }}
        />
      )}
      <div className={styles.screen} data-dimmed={state.link.is !== 'open' || undefined}>
        <div ref={host} className={styles.host} />
      </div>
      <LinkBanner link={state.link} onReopen={session.reopen} />
      {state.notice !== null && (
        <button type="button" className={styles.notice} onClick={session.dismissNotice}>
          {state.notice} <span className={styles.dismiss}>Dismiss</span>
        </button>
      )}
      <AccessoryKeys session={session} isCtrlHeld={state.isCtrlHeld} />
      <ConfirmDialog
        open={state.pendingPaste !== null}
        onOpenChange={(isOpen) => isOpen || session.answerPaste(false)}
        title="Paste several lines?"
        description="A shell runs each line at once. Look at what you are about to paste."
        confirmLabel="Paste the lines"
        tone="neutral"
        onConfirm={async () => session.answerPaste(true)}
      >
        <pre className={styles.preview}>{state.pendingPaste?.slice(0, PREVIEW_CHARS)}</pre>
      </ConfirmDialog>
      <ConfirmDialog
        open={state.pendingLink !== null}
        onOpenChange={(isOpen) => isOpen || session.answerLink(false)}
        title="Open this address?"
        description="It was printed by a program on the other machine. Open it only if you trust that."
        confirmLabel="Open in a new tab"
        tone="neutral"
        onConfirm={async () => session.answerLink(true)}
      >
        <p className={styles.address}>
          <ExternalLink aria-hidden="true" size={16} /> {state.pendingLink}
        </p>
      </ConfirmDialog>
    </div>
  );
};
