import type { ReactNode } from 'react';
import { Logo } from '../../ui/Logo.tsx';
import styles from './MessageScreen.module.css';

export interface MessageScreenProps {
  title: string;
  children: ReactNode;
  actions?: ReactNode;
  /** Small print, such as codes for the log. */
  trace?: ReactNode;
  /** Stands inside the frame instead of filling the window. */
  isInline?: boolean;
  role?: 'alert' | 'status';
}

/** A page that only has something to say. */
export const MessageScreen = ({ title, children, actions, trace, isInline = false, role }: MessageScreenProps) => {
  const words = (
    <div className={styles.root} data-inline={isInline || undefined} role={role}>
      {!isInline && <Logo size={36} />}
      <h1 className={styles.title}>{title}</h1>
      <div className={styles.text}>{children}</div>
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      {trace !== undefined && <p className={styles.trace}>{trace}</p>}
    </div>
  );
  // Within the frame the landmark is there already.
  return isInline ? words : <main>{words}</main>;
};
