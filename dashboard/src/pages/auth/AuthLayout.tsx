import type { ReactNode } from 'react';
import { Logo } from '../../ui/Logo.tsx';
import styles from './AuthLayout.module.css';

export interface AuthLayoutProps {
  title: string;
  description?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
}

/** The one card of the pages before the login. */
export const AuthLayout = ({ title, description, children, footer }: AuthLayoutProps) => (
  <main className={styles.root}>
    <div className={styles.column}>
      <div className={styles.brand}>
        <Logo size={28} />
        <span>Server Box</span>
      </div>
      <div className={styles.card}>
        <h1 className={styles.title}>{title}</h1>
        {description !== undefined && <p className={styles.description}>{description}</p>}
        {children}
      </div>
      {footer !== undefined && <p className={styles.footer}>{footer}</p>}
    </div>
  </main>
);
