import { Logo } from '../../ui/Logo.tsx';
import styles from './BootScreen.module.css';

/** Shown for the moment in which nothing is known yet, not even who is there. */
export const BootScreen = () => (
  <div className={styles.root} role="status" aria-label="Server Box is loading">
    <Logo size={40} />
  </div>
);
