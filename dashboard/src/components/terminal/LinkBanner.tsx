import { Button } from '../../ui/Button.tsx';
import styles from './TerminalView.module.css';
import type { LinkState } from './terminal-link.ts';

/** How the shell ended, as people would say it. */
const endOf = ({ code, signal }: { code: number | null; signal: string | null }): string => {
  if (signal !== null) return `The shell was ended by ${signal}.`;
  if (code === null) return 'The shell has ended.';
  return code === 0 ? 'The shell has exited.' : `The shell has exited with code ${code}.`;
};

const TITLES: Record<string, string> = {
  refused_by_policy: 'This node does not permit shells',
  node_unreachable: 'The node cannot be reached',
  docker_unavailable: 'Docker does not answer on this node',
  conflict: 'The container is not running',
  too_many_streams: 'Too many shells are open',
  unauthenticated: 'You are signed out',
  forbidden: 'Not permitted',
};

/** Drawn over the lower edge of the terminal whenever there is no shell behind it; what was printed stays readable. */
export const LinkBanner = ({ link, onReopen }: { link: LinkState; onReopen(): void }) => {
  if (link.is === 'open') return null;
  if (link.is === 'connecting') {
    return (
      <div className={styles.banner} role="status">
        <span>Opening a shell…</span>
      </div>
    );
  }
  if (link.is === 'lost') {
    return (
      <div className={styles.banner} data-tone="warning" role="status">
        <span>The connection was lost. Trying again by itself; a fresh shell will open.</span>
        <Button size="sm" onClick={onReopen}>
          Try now
        </Button>
      </div>
    );
  }
  return (
    <div className={styles.banner} data-tone={link.is === 'refused' ? 'danger' : undefined} role="status">
      <span>
        {link.is === 'exited' ? (
          endOf(link)
        ) : (
          <>
            <strong>{TITLES[link.code] ?? 'The shell could not be opened'}.</strong> {link.message}
          </>
        )}
      </span>
      <Button size="sm" onClick={onReopen}>
        Open again
      </Button>
    </div>
  );
};
