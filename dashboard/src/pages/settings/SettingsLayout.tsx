import { Link, Outlet } from '@tanstack/react-router';
import { Palette, Shield, UserRound } from 'lucide-react';
import { PageHeader } from '../../components/page/PageHeader.tsx';
import styles from './SettingsLayout.module.css';

const SECTIONS = [
  { to: '/settings/profile', label: 'Profile', icon: UserRound },
  { to: '/settings/sessions', label: 'Sessions', icon: Shield },
  { to: '/settings/appearance', label: 'Appearance', icon: Palette },
] as const;

/** The sections of the settings beside each other; on a phone above each other. */
export const SettingsLayout = () => (
  <div className={styles.root}>
    <PageHeader title="Settings" />
    <div className={styles.columns}>
      <nav aria-label="Settings" className={styles.nav}>
        {SECTIONS.map(({ to, label, icon: IconOf }) => (
          <Link key={to} to={to} className={styles.link}>
            <IconOf size={16} aria-hidden="true" />
            {label}
          </Link>
        ))}
      </nav>
      <div className={styles.content}>
        <Outlet />
      </div>
    </div>
  </div>
);
