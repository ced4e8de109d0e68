import { Box, Server, X } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { useRef } from 'react';
import type { OpenShell, TerminalDeck } from '../../components/terminal/deck.tsx';
import { nameOfTarget } from '../../components/terminal/shell-target.ts';
import { IconButton } from '../../ui/IconButton.tsx';
import { NewShellMenu } from './NewShellMenu.tsx';
import styles from './ShellTabs.module.css';

interface Props {
  deck: TerminalDeck;
  /** What the programs call their windows, by shell. */
  titles: Readonly<Record<string, string>>;
}

const stepOf = (key: string): number => (key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0);

/** One tab a shell. Arrows move, Delete closes. */
export const ShellTabs = ({ deck, titles }: Props) => {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const { shells, activeId } = deck;
    const index = shells.findIndex((shell) => shell.id === activeId);
    const next = shells[(index + stepOf(event.key) + shells.length) % shells.length];
    if (event.key === 'Delete' && activeId !== undefined) deck.close(activeId);
    else if (stepOf(event.key) !== 0 && next !== undefined) {
      deck.activate(next.id);
      list.current?.querySelector<HTMLElement>(`#tab-${CSS.escape(next.id)}`)?.focus();
    } else return;
    event.preventDefault();
  };
  return (
    <div className={styles.bar}>
      <div ref={list} role="tablist" aria-label="Open shells" className={styles.tabs} onKeyDown={onKeyDown}>
        {deck.shells.map((shell) => (
          <ShellTab key={shell.id} shell={shell} title={titles[shell.id] ?? ''} deck={deck} />
        ))}
      </div>
      <NewShellMenu />
    </div>
  );
};

const ShellTab = ({ shell, title, deck }: { shell: OpenShell; title: string; deck: TerminalDeck }) => {
  const isActive = shell.id === deck.activeId;
  const name = nameOfTarget(shell.target);
  const IconOf = shell.target.container === null ? Server : Box;
  return (
    <div className={styles.tab} data-active={isActive || undefined}>
      <button
        type="button"
        role="tab"
        id={`tab-${shell.id}`}
        className={styles.label}
        aria-selected={isActive}
        aria-controls={`shell-${shell.id}`}
        tabIndex={isActive ? 0 : -1}
        onClick={() => deck.activate(shell.id)}
        onAuxClick={(event) => {
          if (event.button === 1) deck.close(shell.id);
        }}
      >
        <IconOf size={14} aria-hidden="true" />
        <span className={styles.name}>{name}</span>
        {title !== '' && <span className={styles.title}>{title}</span>}
      </button>
      <IconButton label={`Close the shell on ${name}`} icon={X} size="sm" onClick={() => deck.close(shell.id)} />
    </div>
  );
};
