import { X } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { useState } from 'react';
import { classNames } from './class-names.ts';
import field from './Input.module.css';
import styles from './TagInput.module.css';

export interface TagInputProps {
  /** What the field is called where only words reach. */
  label: string;
  id?: string;
  value: readonly string[];
  onChange: (tags: string[]) => void;
  /** Tags that exist already; those that fit what is typed are offered beneath. */
  known?: readonly string[];
  /** The tag as it is kept, or why it is none. */
  parse: (text: string) => { tag: string } | { problem: string };
  placeholder?: string;
}

const MAX_OFFERED = 8;

/** Words that are added with Enter or a comma and taken away with their cross or with Backspace. */
export const TagInput = ({ label, id, value, onChange, known = [], parse, placeholder }: TagInputProps) => {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const add = (words: string) => {
    if (words.trim() === '') return;
    const parsed = parse(words);
    if ('problem' in parsed) return setProblem(parsed.problem);
    if (!value.includes(parsed.tag)) onChange([...value, parsed.tag]);
    setText('');
    setProblem(undefined);
  };
  const press = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter' || event.key === ',') {
      // An empty field leaves Enter to the form that it stands in.
      if (text.trim() === '' && event.key === 'Enter') return;
      event.preventDefault();
      add(text);
    } else if (event.key === 'Backspace' && text === '') onChange(value.slice(0, -1));
  };
  const offered = known.filter((tag) => !value.includes(tag) && tag.includes(text.trim().toLowerCase()));
  return (
    <div className={styles.root}>
      <div className={classNames(field.frame, styles.frame)} data-invalid={problem !== undefined || undefined}>
        {value.map((tag) => (
          <span key={tag} className={styles.tag}>
            {tag}
            <button
              type="button"
              className={styles.remove}
              aria-label={`Take away ${tag}`}
              onClick={() => onChange(value.filter((each) => each !== tag))}
            >
              <X size={12} aria-hidden="true" />
            </button>
          </span>
        ))}
        <input
          id={id}
          className={classNames(field.bare, styles.input)}
          aria-label={label}
          aria-invalid={problem !== undefined || undefined}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder={value.length === 0 ? placeholder : undefined}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setProblem(undefined);
          }}
          onKeyDown={press}
          onBlur={() => add(text)}
        />
      </div>
      {problem !== undefined && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
      {offered.length > 0 && (
        <div className={styles.offered}>
          {offered.slice(0, MAX_OFFERED).map((tag) => (
            <button
              key={tag}
              type="button"
              className={styles.offer}
              // The field must not lose the focus first: what is half typed would be added as well.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => add(tag)}
            >
              {tag}
            </button>
          ))}
        </div>
      )}
    </div>
  );
};
