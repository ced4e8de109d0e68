import type { NodeId } from '@serverbox/contract/ids';
import { Field } from '../../../ui/Field.tsx';
import { Input } from '../../../ui/Input.tsx';
import { AuthFields } from './AuthFields.tsx';
import { JumpPicker } from './JumpPicker.tsx';
import styles from './SshFields.module.css';
import type { SshDraft, SshProblems } from './ssh-draft.ts';

interface Props {
  draft: SshDraft;
  onChange(next: SshDraft): void;
  /** Shown once the form was sent: nobody likes to be corrected while still writing. */
  problems: SshProblems;
  hasStored?: boolean;
  ownId?: NodeId;
}

/** Where, as whom, with what, and through which other nodes. */
export const SshFields = ({ draft, onChange, problems, hasStored = false, ownId }: Props) => {
  const field = (key: 'host' | 'port' | 'sshUser', label: string, placeholder: string) => (
    <Field label={label} error={problems[key]}>
      {({ id, describedBy, isInvalid }) => (
        <Input
          id={id}
          aria-describedby={describedBy}
          isInvalid={isInvalid}
          inputMode={key === 'port' ? 'numeric' : 'text'}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder={placeholder}
          value={draft[key]}
          onChange={(event) => onChange({ ...draft, [key]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <div className={styles.fields}>
      <div className={styles.place}>
        {field('host', 'Host', 'web-1.example.org')}
        {field('port', 'Port', '22')}
        {field('sshUser', 'User', 'root')}
      </div>
      <AuthFields
        draft={draft.auth}
        onChange={(auth) => onChange({ ...draft, auth })}
        problems={problems}
        hasStored={hasStored}
      />
      <JumpPicker ownId={ownId} jump={draft.jump} onChange={(jump) => onChange({ ...draft, jump })} />
    </div>
  );
};
