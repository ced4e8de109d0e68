import styles from './AccessoryKeys.module.css';
import type { Arrow } from './input.ts';
import { arrowSequence } from './input.ts';
import type { TerminalSession } from './session.ts';

interface Key {
  label: string;
  name: string;
  text?: string;
  arrow?: Arrow;
}
const KEYS: readonly Key[] = [
  { label: 'Esc', name: 'Escape', text: '\x1b' },
  { label: 'Tab', name: 'Tab', text: '\t' },
  { label: '←', name: 'Left', arrow: 'left' },
  { label: '↑', name: 'Up', arrow: 'up' },
  { label: '↓', name: 'Down', arrow: 'down' },
  { label: '→', name: 'Right', arrow: 'right' },
  { label: '|', name: 'Pipe', text: '|' },
  { label: '~', name: 'Tilde', text: '~' },
  { label: '/', name: 'Slash', text: '/' },
  { label: '-', name: 'Dash', text: '-' },
];

/** The keys that a phone's keyboard lacks. Ctrl is held for the next key only. */
export const AccessoryKeys = ({ session, isCtrlHeld }: { session: TerminalSession; isCtrlHeld: boolean }) => {
  const press = ({ text, arrow }: Key) => {
    session.type(arrow ? arrowSequence(arrow, session.isApplicationCursor()) : (text ?? ''));
    session.focus();
  };
  return (
    <div className={styles.keys} role="toolbar" aria-label="Terminal keys">
      <button
        type="button"
        className={styles.key}
        aria-pressed={isCtrlHeld}
        aria-label="Control, for the next key"
        // The keyboard of the phone would close if the terminal lost the focus.
        onPointerDown={(event) => event.preventDefault()}
        onClick={() => {
          session.holdCtrl(!isCtrlHeld);
          session.focus();
        }}
      >
        Ctrl
      </button>
      {KEYS.map((key) => (
        <button
          key={key.name}
          type="button"
          className={styles.key}
          aria-label={key.name}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => press(key)}
        >
          {key.label}
        </button>
      ))}
    </div>
  );
};
