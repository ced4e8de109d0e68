import { Search, X } from 'lucide-react';
import { useRef } from 'react';
import { useHotkey } from '../hooks/use-hotkey.ts';
import { Input } from './Input.tsx';
import { Kbd } from './Kbd.tsx';
import styles from './SearchInput.module.css';

export interface SearchInputProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string | undefined;
  /** Focuses the field from anywhere on the page. */
  hotkey?: '/' | undefined;
}

export const SearchInput = ({ label, value, onChange, placeholder, hotkey }: SearchInputProps) => {
  const input = useRef<HTMLInputElement>(null);
  // An unreachable combination stands for "none", because hooks cannot be conditional.
  useHotkey(hotkey ?? 'mod+alt+shift+f24', () => input.current?.focus());
  const clear = () => {
    onChange('');
    input.current?.focus();
  };
  return (
    <Input
      ref={input}
      className={styles.root}
      icon={Search}
      type="search"
      aria-label={label}
      placeholder={placeholder ?? label}
      value={value}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => onChange(event.target.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        if (value === '') input.current?.blur();
        else clear();
      }}
      trailing={
        value === '' ? (
          hotkey !== undefined && (
            <span className={styles.hint}>
              <Kbd keys={hotkey} />
            </span>
          )
        ) : (
          <button type="button" className={styles.clear} aria-label="Clear search" onClick={clear}>
            <X size={14} aria-hidden="true" />
          </button>
        )
      }
    />
  );
};
