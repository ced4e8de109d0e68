import type { ReactNode } from 'react';
import { useId } from 'react';
import styles from './Card.module.css';

export interface CardProps {
  title?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  padding?: 'none' | 'md';
  as?: 'section' | 'div';
}

export const Card = ({ title, description, actions, children, padding = 'md', as: Tag = 'section' }: CardProps) => {
  const titleId = useId();
  const hasHead = title !== undefined || actions !== undefined;
  return (
    <Tag className={styles.root} aria-labelledby={Tag === 'section' && title !== undefined ? titleId : undefined}>
      {hasHead && (
        <header className={styles.head}>
          <div className={styles.words}>
            <h2 id={titleId} className={styles.title}>
              {title}
            </h2>
            {description !== undefined && <p className={styles.description}>{description}</p>}
          </div>
          {actions !== undefined && <div className={styles.actions}>{actions}</div>}
        </header>
      )}
      <div className={styles.body} data-padding={padding}>
        {children}
      </div>
    </Tag>
  );
};
