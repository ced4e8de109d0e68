import { FileKey } from 'lucide-react';
import { useRef, useState } from 'react';
import { Button } from '../../../ui/Button.tsx';
import { Field } from '../../../ui/Field.tsx';
import { Notice } from '../../../ui/Notice.tsx';
import { PasswordInput } from '../../../ui/PasswordInput.tsx';
import { Segmented } from '../../../ui/Segmented.tsx';
import { TextArea } from '../../../ui/TextArea.tsx';
import styles from './SshFields.module.css';
import type { AuthDraft, SshProblems } from './ssh-draft.ts';

interface Props {
  draft: AuthDraft;
  onChange(next: AuthDraft): void;
  problems: SshProblems;
  /** A credential is stored already and may stay. */
  hasStored?: boolean;
}

const MAX_KEY_BYTES = 32_768;
const KINDS = [
  { value: 'key', label: 'Private key' },
  { value: 'password', label: 'Password' },
  { value: 'generated', label: 'New key' },
] as const;

/** How Server Box proves who it is. What is written here goes to the core once and is never shown again. */
export const AuthFields = ({ draft, onChange, problems, hasStored = false }: Props) => (
  <div className={styles.auth}>
    <Segmented
      label="Credential"
      value={draft.kind}
      onChange={(kind) => onChange({ ...draft, kind })}
      options={hasStored ? [{ value: 'stored', label: 'Keep' }, ...KINDS] : KINDS}
    />
    {draft.kind === 'stored' && <p className={styles.note}>The stored credential stays as it is.</p>}
    {draft.kind === 'key' && <KeyFields draft={draft} onChange={onChange} problems={problems} />}
    {draft.kind === 'password' && (
      <Field
        label="Password"
        error={problems.password}
        hint="Stored encrypted. A key is safer: it cannot be tried out."
      >
        {({ id, describedBy, isInvalid }) => (
          <PasswordInput
            id={id}
            aria-describedby={describedBy}
            isInvalid={isInvalid}
            autoComplete="off"
            value={draft.password}
            onChange={(event) => onChange({ ...draft, password: event.target.value })}
          />
        )}
      </Field>
    )}
    {draft.kind === 'generated' && (
      <Notice>
        Server Box makes a key pair of its own. You then get one line that puts the public half into authorized_keys on
        the machine.
      </Notice>
    )}
  </div>
);

const KeyFields = ({ draft, onChange, problems }: Props) => {
  const input = useRef<HTMLInputElement>(null);
  const [fileProblem, setFileProblem] = useState<string>();
  const take = async (file: File | undefined) => {
    if (file === undefined) return;
    if (file.size > MAX_KEY_BYTES) return setFileProblem(`${file.name} is too large to be a key.`);
    setFileProblem(undefined);
    onChange({ ...draft, privateKey: await file.text() });
  };
  return (
    <>
      <Field
        label="Private key"
        error={fileProblem ?? problems.privateKey}
        hint="OpenSSH or PEM. Paste it, drop its file here, or choose it."
        aside={
          <Button size="sm" variant="ghost" icon={FileKey} onClick={() => input.current?.click()}>
            Choose file
          </Button>
        }
      >
        {({ id, describedBy, isInvalid }) => (
          <TextArea
            id={id}
            isMono
            rows={5}
            isInvalid={isInvalid}
            aria-describedby={describedBy}
            autoComplete="off"
            placeholder="-----BEGIN OPENSSH PRIVATE KEY-----"
            value={draft.privateKey}
            onChange={(event) => onChange({ ...draft, privateKey: event.target.value })}
            onDragOver={(event) => event.preventDefault()}
            onDrop={(event) => {
              event.preventDefault();
              void take(event.dataTransfer.files[0]);
            }}
          />
        )}
      </Field>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="File of the private key"
        onChange={(event) => void take(event.target.files?.[0])}
      />
      <Field label="Passphrase" hint="Only if the key has one.">
        {({ id, describedBy }) => (
          <PasswordInput
            id={id}
            aria-describedby={describedBy}
            autoComplete="off"
            value={draft.passphrase}
            onChange={(event) => onChange({ ...draft, passphrase: event.target.value })}
          />
        )}
      </Field>
    </>
  );
};
