import type { ReactNode } from 'react';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import styles from './PageHeader.module.css';

export interface PageHeaderProps {
  title: ReactNode;
  /** The words of the browser tab, when `title` is more than text. */
  documentTitle?: string | undefined;
  description?: ReactNode;
  /** State and facts beside the title. */
  meta?: ReactNode;
  actions?: ReactNode;
}

export const PageHeader = ({ title, documentTitle, description, meta, actions }: PageHeaderProps) => {
  usePageTitle(documentTitle ?? (typeof title === 'string' ? title : ''));
  return (
    <header className={styles.root}>
      <div className={styles.words}>
        <div className={styles.line}>
          <h1 className={styles.title}>{title}</h1>
          {meta !== undefined && <div className={styles.meta}>{meta}</div>}
        </div>
        {description !== undefined && <div className={styles.description}>{description}</div>}
      </div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </header>
  );
};
