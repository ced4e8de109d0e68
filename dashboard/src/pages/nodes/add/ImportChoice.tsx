import type { ParsedSshConfig } from '@serverbox/contract/ssh';
import { SshUser } from '@serverbox/contract/ssh';
import { SearchX } from 'lucide-react';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { Button } from '../../../ui/Button.tsx';
import { Checkbox } from '../../../ui/Checkbox.tsx';
import { EmptyState } from '../../../ui/EmptyState.tsx';
import { Field } from '../../../ui/Field.tsx';
import { Input } from '../../../ui/Input.tsx';
import { AuthFields } from '../ssh/AuthFields.tsx';
import { authProblems, EMPTY_AUTH } from '../ssh/ssh-draft.ts';
import styles from './AddNodePage.module.css';
import own from './ImportChoice.module.css';
import { ImportResults } from './ImportResults.tsx';
import type { Host } from './import-plan.ts';
import { useImport } from './use-import.ts';

const HostRow = ({ host, isChosen, onToggle }: { host: Host; isChosen: boolean; onToggle(): void }) => (
  <li className={own.host}>
    <Checkbox
      label={host.alias}
      description={
        <>
          {host.sshUser ?? 'default user'}@{host.host}, port {host.port}
          {host.jump.length > 0 && `, through ${host.jump.join(', ')}`}
          {host.identityFile !== null && `; used ${host.identityFile}`}
        </>
      }
      checked={isChosen}
      disabled={host.problem !== null}
      onChange={onToggle}
    />
    {host.problem !== null && <p className={own.problem}>{host.problem}</p>}
  </li>
);

const Ignored = ({ ignored }: Pick<ParsedSshConfig, 'ignored'>) =>
  ignored.length > 0 && (
    <details className={own.ignored}>
      <summary>
        {ignored.length} {ignored.length === 1 ? 'line' : 'lines'} left out
      </summary>
      <ul>
        {ignored.map(({ line, text, reason }) => (
          <li key={line}>
            Line {line}: <code>{text}</code> {reason}.
          </li>
        ))}
      </ul>
    </details>
  );

/** Which of the hosts are taken, and with what they are reached. */
export const ImportChoice = ({ parsed, onBack }: { parsed: ParsedSshConfig; onBack(): void }) => {
  const able = parsed.items.filter(({ problem }) => problem === null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(able.map(({ alias }) => alias)));
  const [auth, setAuth] = useState(EMPTY_AUTH);
  const [sshUser, setSshUser] = useState('root');
  const [wasSent, setWasSent] = useState(false);
  const { results, start, settle } = useImport();
  const problems = authProblems(auth);
  const badUser = SshUser.safeParse(sshUser).success ? undefined : 'Write the name of a user on the machines.';
  const toggle = (alias: string) => {
    const next = new Set(chosen);
    if (!next.delete(alias)) next.add(alias);
    setChosen(next);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWasSent(true);
    if (badUser !== undefined || Object.keys(problems).length > 0 || chosen.size === 0) return;
    void start({ hosts: able.filter(({ alias }) => chosen.has(alias)), auth, sshUser });
  };
  if (results !== undefined) return <ImportResults results={results} onSettled={settle} />;
  if (parsed.items.length === 0) {
    return (
      <>
        <EmptyState
          icon={SearchX}
          title="No host in it"
          description="There is no Host line with a name of its own: patterns with * are defaults for others."
          action={<Button onClick={onBack}>Back to the text</Button>}
        />
        <Ignored ignored={parsed.ignored} />
      </>
    );
  }
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <Checkbox
        label={`${chosen.size} of ${parsed.items.length} hosts`}
        checked={chosen.size === able.length && able.length > 0}
        isIndeterminate={chosen.size > 0 && chosen.size < able.length}
        onChange={(isAll) => setChosen(new Set(isAll ? able.map(({ alias }) => alias) : []))}
      />
      <ul className={own.hosts} aria-label="Hosts">
        {parsed.items.map((host) => (
          <HostRow key={host.alias} host={host} isChosen={chosen.has(host.alias)} onToggle={() => toggle(host.alias)} />
        ))}
      </ul>
      <Ignored ignored={parsed.ignored} />
      <Field label="User where none is named" error={wasSent ? badUser : undefined}>
        {({ id, describedBy, isInvalid }) => (
          <Input
            id={id}
            aria-describedby={describedBy}
            isInvalid={isInvalid}
            autoComplete="off"
            spellCheck={false}
            value={sshUser}
            onChange={(event) => setSshUser(event.target.value)}
          />
        )}
      </Field>
      <AuthFields draft={auth} onChange={setAuth} problems={wasSent ? problems : {}} />
      <div className={styles.foot}>
        <Button variant="ghost" onClick={onBack}>
          Back to the text
        </Button>
        <Button
          variant="primary"
          type="submit"
          disabledReason={chosen.size === 0 ? 'Choose at least one host.' : undefined}
        >
          Add {chosen.size} {chosen.size === 1 ? 'node' : 'nodes'}
        </Button>
      </div>
    </form>
  );
};
