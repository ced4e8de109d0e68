import { Link } from '@tanstack/react-router';
import { PanelLeftClose, PanelLeftOpen } from 'lucide-react';
import { IconButton } from '../../ui/IconButton.tsx';
import { Logo } from '../../ui/Logo.tsx';
import type { NavItem } from './nav-items.ts';
import { MAIN_NAV, SETTINGS_NAV } from './nav-items.ts';
import styles from './Rail.module.css';
import { usePlace } from './use-place.ts';

const RailLink = ({ item: { label, to, icon: IconOf }, isCollapsed }: { item: NavItem; isCollapsed: boolean }) => (
  <Link
    to={to}
    className={styles.link}
    data-current={usePlace() === to || undefined}
    data-tooltip={isCollapsed ? label : undefined}
  >
    <IconOf size={17} strokeWidth={1.9} aria-hidden="true" />
    <span className={styles.label}>{label}</span>
  </Link>
);

/** The navigation of wide screens. Collapsed, the words remain for screen readers and as tooltips. */
export const Rail = ({
  isCollapsed,
  onCollapse,
}: {
  isCollapsed: boolean;
  onCollapse: (isCollapsed: boolean) => void;
}) => (
  <aside className={styles.root} data-collapsed={isCollapsed || undefined}>
    <Link to="/" className={styles.brand} aria-label="Server Box, overview">
      <Logo size={26} />
      <span className={styles.label}>Server Box</span>
    </Link>
    <nav aria-label="Main" className={styles.nav}>
      {MAIN_NAV.map((item) => (
        <RailLink key={item.to} item={item} isCollapsed={isCollapsed} />
      ))}
    </nav>
    <div className={styles.foot}>
      <RailLink item={SETTINGS_NAV} isCollapsed={isCollapsed} />
      <IconButton
        label={isCollapsed ? 'Expand navigation' : 'Collapse navigation'}
        icon={isCollapsed ? PanelLeftOpen : PanelLeftClose}
        onClick={() => onCollapse(!isCollapsed)}
        aria-expanded={!isCollapsed}
      />
    </div>
  </aside>
);
