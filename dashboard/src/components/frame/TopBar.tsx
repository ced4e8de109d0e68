import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { ChevronsUpDown, Search, Server } from 'lucide-react';
import { useTRPC } from '../../lib/trpc.ts';
import { IconButton } from '../../ui/IconButton.tsx';
import { Kbd } from '../../ui/Kbd.tsx';
import { Breadcrumb } from './Breadcrumb.tsx';
import { LiveIndicator } from './LiveIndicator.tsx';
import type { PaletteScope } from './palette-items.ts';
import styles from './TopBar.module.css';
import { UserMenu } from './UserMenu.tsx';

export interface TopBarProps {
  crumb: string | undefined;
  isNarrow: boolean;
  onPalette: (scope: PaletteScope) => void;
}

/** Opens the palette on nodes alone: it searches a hundred of them, which a menu cannot. */
const NodeSwitcher = ({ onOpen }: { onOpen: () => void }) => {
  const trpc = useTRPC();
  const { nodeId } = useParams({ strict: false });
  const nodes = useQuery(trpc.nodes.list.queryOptions({}));
  const current = nodes.data?.items.find((node) => node.id === nodeId);
  return (
    <button
      type="button"
      className={styles.switcher}
      onClick={onOpen}
      aria-haspopup="dialog"
      aria-label={`Switch node, now ${current?.name ?? 'all nodes'}`}
    >
      <Server size={14} aria-hidden="true" />
      <span className={styles.switcherName}>{current?.name ?? 'All nodes'}</span>
      <ChevronsUpDown size={13} aria-hidden="true" />
    </button>
  );
};

export const TopBar = ({ crumb, isNarrow, onPalette }: TopBarProps) => (
  <header className={styles.root}>
    <div className={styles.start}>
      {!isNarrow && (
        <>
          <NodeSwitcher onOpen={() => onPalette('nodes')} />
          <span className={styles.divider} aria-hidden="true" />
        </>
      )}
      <Breadcrumb label={crumb} />
    </div>
    <div className={styles.end}>
      {isNarrow ? (
        <IconButton label="Search" icon={Search} aria-haspopup="dialog" onClick={() => onPalette('all')} />
      ) : (
        <button
          type="button"
          className={styles.search}
          aria-haspopup="dialog"
          aria-keyshortcuts="Control+K Meta+K"
          onClick={() => onPalette('all')}
        >
          <Search size={14} aria-hidden="true" />
          <span className={styles.searchWords}>Search or run…</span>
          <Kbd keys="mod+k" />
        </button>
      )}
      <LiveIndicator isCompact={isNarrow} />
      <UserMenu />
    </div>
  </header>
);
