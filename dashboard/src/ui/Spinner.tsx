import styles from './Spinner.module.css';

/** Inside controls only: a page that loads shows its skeleton. */
export const Spinner = ({ size = 14 }: { size?: number }) => (
  <svg className={styles.root} width={size} height={size} viewBox="0 0 16 16" fill="none" aria-hidden="true">
    <circle className={styles.track} cx="8" cy="8" r="6.5" strokeWidth="2" />
    <path className={styles.arc} d="M14.5 8A6.5 6.5 0 0 0 8 1.5" strokeWidth="2" strokeLinecap="round" />
  </svg>
);
