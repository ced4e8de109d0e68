import { ChevronDown, ChevronUp, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { IconButton } from '../../ui/IconButton.tsx';
import { Input } from '../../ui/Input.tsx';
import styles from './FindBar.module.css';
import type { TerminalSession } from './session.ts';
import type { SessionState } from './session-state.ts';

interface Props {
  hits: SessionState['hits'];
  onFind: TerminalSession['find'];
  onClose(): void;
}

const wordsFor = (hits: Props['hits'], query: string): string => {
  if (query === '' || hits === null) return '';
  return hits.count === 0 ? 'Not found' : `${hits.position} of ${hits.count}`;
};

/** Search in the scrollback: Enter goes on, Shift+Enter back, Escape returns to the shell. */
export const FindBar = ({ hits, onFind, onClose }: Props) => {
  const [query, setQuery] = useState('');
  const bar = useRef<HTMLElement>(null);
  useEffect(() => bar.current?.querySelector('input')?.focus(), []);

  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'Escape') onClose();
    else if (event.key === 'Enter') onFind(query, event.shiftKey ? 'previous' : 'next');
    else return;
    event.preventDefault();
  };
  return (
    <search ref={bar} className={styles.bar} onKeyDown={onKeyDown}>
      <Input
        aria-label="Search in the terminal"
        placeholder="Search"
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          onFind(event.target.value, 'next');
        }}
      />
      <span className={styles.count} role="status">
        {wordsFor(hits, query)}
      </span>
      <IconButton label="Previous hit" icon={ChevronUp} size="sm" onClick={() => onFind(query, 'previous')} />
      <IconButton label="Next hit" icon={ChevronDown} size="sm" onClick={() => onFind(query, 'next')} />
      <IconButton label="Close the search" icon={X} size="sm" onClick={onClose} />
    </search>
  );
};
