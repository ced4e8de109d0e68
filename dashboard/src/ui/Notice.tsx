import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import styles from './Notice.module.css';
import { Spinner } from './Spinner.tsx';
import type { Icon } from './types.ts';

export type NoticeTone = 'info' | 'success' | 'warning' | 'danger';

const ICONS: Record<NoticeTone, Icon> = {
  info: Info,
  success: CircleCheck,
  warning: TriangleAlert,
  danger: CircleAlert,
};

export interface NoticeProps {
  tone?: NoticeTone;
  title?: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  /** Something is going on by itself, such as retrying. */
  isBusy?: boolean;
}

/** A message that stands in the page. Errors and warnings are announced at once, the rest politely. */
export const Notice = ({ tone = 'info', title, children, action, isBusy = false }: NoticeProps) => {
  const IconOf = ICONS[tone];
  return (
    <div className={styles.root} data-tone={tone} role={tone === 'danger' ? 'alert' : 'status'}>
      <span className={styles.icon}>{isBusy ? <Spinner size={15} /> : <IconOf size={16} aria-hidden="true" />}</span>
      <div className={styles.words}>
        {title !== undefined && <p className={styles.title}>{title}</p>}
        {children !== undefined && <div className={styles.text}>{children}</div>}
      </div>
      {action}
    </div>
  );
};
