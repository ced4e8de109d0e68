import styles from './Logo.module.css';

/** Three stacked units with their lights on: the same drawing as `public/icon.svg`, in the colours of the theme. */
export const Logo = ({ size = 24 }: { size?: number }) => (
  <svg className={styles.root} width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true">
    <rect className={styles.body} x="1" y="1" width="30" height="30" rx="8" />
    <rect className={styles.unit} x="7" y="8" width="18" height="4.5" rx="1.6" />
    <rect className={styles.unit} x="7" y="14" width="18" height="4.5" rx="1.6" data-dim="" />
    <rect className={styles.unit} x="7" y="20" width="18" height="4.5" rx="1.6" data-dimmer="" />
    <circle className={styles.light} cx="22" cy="10.25" r="1.1" />
    <circle className={styles.light} cx="22" cy="16.25" r="1.1" />
    <circle className={styles.light} cx="22" cy="22.25" r="1.1" />
  </svg>
);
