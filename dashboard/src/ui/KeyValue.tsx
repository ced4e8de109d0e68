import type { ReactNode } from 'react';
import { CopyButton } from './CopyButton.tsx';
import styles from './KeyValue.module.css';

export interface KeyValueItem {
  label: string;
  value: ReactNode;
  /** Adds a button that copies this. */
  copyText?: string | undefined;
}

/** Facts as label and value, in one to three columns where there is room. */
export const KeyValue = ({ items, columns = 1 }: { items: readonly KeyValueItem[]; columns?: 1 | 2 | 3 }) => (
  <dl className={styles.root} data-columns={columns}>
    {items.map(({ label, value, copyText }) => (
      <div key={label} className={styles.pair}>
        <dt className={styles.label}>{label}</dt>
        <dd className={styles.value}>
          <span className={styles.text}>{value}</span>
          {copyText !== undefined && <CopyButton text={copyText} label={`Copy ${label.toLowerCase()}`} />}
        </dd>
      </div>
    ))}
  </dl>
);
