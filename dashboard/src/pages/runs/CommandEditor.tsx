import { Field } from '../../ui/Field.tsx';
import { Input } from '../../ui/Input.tsx';
import { Segmented } from '../../ui/Segmented.tsx';
import { Select } from '../../ui/Select.tsx';
import { TextArea } from '../../ui/TextArea.tsx';
import styles from './CommandEditor.module.css';
import { splitWords } from './words.ts';

/** What is being written: both texts are kept while one switches between the kinds. */
export interface Draft {
  kind: 'argv' | 'script';
  line: string;
  script: string;
  timeoutMs: string;
}

const KINDS = [
  { value: 'argv', label: 'Program' },
  { value: 'script', label: 'Script' },
] as const;
const DEADLINES = [
  { value: '10000', label: '10 seconds' },
  { value: '60000', label: '1 minute' },
  { value: '300000', label: '5 minutes' },
  { value: '1800000', label: '30 minutes' },
  { value: '3600000', label: '1 hour' },
] as const;

/** An older run may have had a deadline of its own. */
const deadlinesWith = (value: string) =>
  DEADLINES.some((each) => each.value === value)
    ? DEADLINES
    : [...DEADLINES, { value, label: `${Number(value) / 1000} seconds` }];

const ProgramField = ({ draft, onChange }: { draft: Draft; onChange(next: Draft): void }) => {
  const split = splitWords(draft.line);
  return (
    <Field
      label="Program and its arguments"
      error={'problem' in split ? split.problem : undefined}
      hint="No shell reads this: pipes, wildcards and variables are for a script."
    >
      {({ id, describedBy, isInvalid }) => (
        <>
          <Input
            id={id}
            isMono
            isInvalid={isInvalid}
            aria-describedby={describedBy}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            placeholder="df -h /"
            value={draft.line}
            onChange={(event) => onChange({ ...draft, line: event.target.value })}
          />
          {'words' in split && split.words.length > 1 && (
            <ol className={styles.words} aria-label="The words that are given to the node">
              {split.words.map((word, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a word's place is its identity, the same word may stand twice.
                <li key={index}>
                  <code>{word === '' ? '(empty)' : word}</code>
                </li>
              ))}
            </ol>
          )}
        </>
      )}
    </Field>
  );
};

export const CommandEditor = ({ draft, onChange }: { draft: Draft; onChange(next: Draft): void }) => (
  <div className={styles.editor}>
    <Segmented
      label="Kind of command"
      value={draft.kind}
      onChange={(kind) => onChange({ ...draft, kind })}
      options={KINDS}
    />
    {draft.kind === 'argv' ? (
      <ProgramField draft={draft} onChange={onChange} />
    ) : (
      <Field label="Script" hint="Given to sh on standard input. Begin with set -e to stop at the first failure.">
        {({ id, describedBy }) => (
          <TextArea
            id={id}
            isMono
            rows={12}
            aria-describedby={describedBy}
            placeholder={'set -e\nuptime\ndf -h /'}
            value={draft.script}
            onChange={(event) => onChange({ ...draft, script: event.target.value })}
          />
        )}
      </Field>
    )}
    <div className={styles.deadline}>
      <Select
        label="Deadline"
        isLabelVisible
        value={draft.timeoutMs}
        onChange={(timeoutMs) => onChange({ ...draft, timeoutMs })}
        options={deadlinesWith(draft.timeoutMs)}
      />
      <p className={styles.note}>What runs longer on a node is ended there.</p>
    </div>
  </div>
);
