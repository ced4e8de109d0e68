import styles from './CodeBlock.module.css';
import { CopyButton } from './CopyButton.tsx';

/**
 * A command or a file to be taken elsewhere, with a button that copies all of it. `isWrapped` breaks a line that is one
 * command; else long lines scroll within the block.
 */
export const CodeBlock = ({ text, label, isWrapped = false }: { text: string; label: string; isWrapped?: boolean }) => (
  <div className={styles.root}>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard. */}
    <section className={styles.scroll} tabIndex={0} aria-label={label}>
      <pre className={styles.code} data-wrapped={isWrapped || undefined}>
        {text}
      </pre>
    </section>
    <span className={styles.copy}>
      <CopyButton text={text} label={`Copy ${label.toLowerCase()}`} />
    </span>
  </div>
);
