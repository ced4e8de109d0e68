import styles from './MiddleCut.module.css';

/** What tells two keys apart at a glance, besides how they begin. */
const TAIL_CHARS = 8;

/**
 * A long identifier on one line, monospace: where there is no room the middle gives way, not the end.
 * `<MiddleCut text="SHA256:qeT0…9zvM" />`
 */
export const MiddleCut = ({ text }: { text: string }) => (
  <code className={styles.root} data-tooltip={text}>
    <span className={styles.head}>{text.slice(0, -TAIL_CHARS)}</span>
    <span>{text.slice(-TAIL_CHARS)}</span>
  </code>
);
