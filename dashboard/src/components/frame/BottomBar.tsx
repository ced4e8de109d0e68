import { Link } from '@tanstack/react-router';
import styles from './BottomBar.module.css';
import { MAIN_NAV, SETTINGS_NAV } from './nav-items.ts';
import { usePlace } from './use-place.ts';

/** The rail of a phone. */
export const BottomBar = () => {
  const place = usePlace();
  return (
    <nav aria-label="Main" className={styles.root}>
      {[...MAIN_NAV, SETTINGS_NAV].map(({ label, to, icon: IconOf }) => (
        <Link key={to} to={to} className={styles.link} data-current={place === to || undefined}>
          <IconOf size={20} strokeWidth={1.8} aria-hidden="true" />
          {label}
        </Link>
      ))}
    </nav>
  );
};
