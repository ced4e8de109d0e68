import { Link } from '@tanstack/react-router';
import styles from './BottomBar.module.css';
import { MAIN_NAV, SETTINGS_NAV } from './nav-items.ts';

/** The rail of a phone. */
export const BottomBar = () => (
  <nav aria-label="Main" className={styles.root}>
    {[...MAIN_NAV, SETTINGS_NAV].map(({ label, to, icon: IconOf }) => (
      <Link key={to} to={to} activeOptions={{ exact: to === '/', includeSearch: false }} className={styles.link}>
        <IconOf size={20} strokeWidth={1.8} aria-hidden="true" />
        {label}
      </Link>
    ))}
  </nav>
);
