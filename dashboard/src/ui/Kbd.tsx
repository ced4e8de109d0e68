import styles from './Kbd.module.css';

const isApple = (): boolean => /Mac|iPhone|iPad/.test(navigator.userAgent);

const SIGNS: Record<string, string> = {
  mod: 'Ctrl',
  shift: 'Shift',
  alt: 'Alt',
  enter: '↵',
  up: '↑',
  down: '↓',
  escape: 'Esc',
};
const APPLE_SIGNS: Record<string, string> = { ...SIGNS, mod: '⌘', shift: '⇧', alt: '⌥' };

/** A key combination such as `mod+k`, drawn the way the reader's keyboard calls it. */
export const Kbd = ({ keys }: { keys: string }) => {
  const signs = isApple() ? APPLE_SIGNS : SIGNS;
  return (
    <span className={styles.root}>
      {keys.split('+').map((key) => (
        <kbd key={key} className={styles.key}>
          {signs[key] ?? key.toUpperCase()}
        </kbd>
      ))}
    </span>
  );
};
