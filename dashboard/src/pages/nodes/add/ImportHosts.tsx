import { ParsedSshConfig } from '@serverbox/contract/ssh';
import { useMutation } from '@tanstack/react-query';
import { FileText } from 'lucide-react';
import { useRef, useState } from 'react';
import { useHttp } from '../../../hooks/use-session-keeper.ts';
import { toProblem, toResponseError } from '../../../lib/errors.ts';
import { Button } from '../../../ui/Button.tsx';
import { Field } from '../../../ui/Field.tsx';
import { Notice } from '../../../ui/Notice.tsx';
import { TextArea } from '../../../ui/TextArea.tsx';
import styles from './AddNodePage.module.css';
import { ImportChoice } from './ImportChoice.tsx';

/** A configuration is too long for an address, which is where a tRPC query would put it. */
const useParseConfig = () => {
  const http = useHttp();
  return useMutation({
    mutationFn: async (text: string): Promise<ParsedSshConfig> => {
      const response = await http('/api/ssh-config/parse', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text }),
      });
      if (!response.ok) throw await toResponseError(response);
      return ParsedSshConfig.parse(await response.json());
    },
  });
};

/** Takes the hosts of an OpenSSH configuration over. Its key files are not read: one credential is given for all. */
export const ImportHosts = () => {
  const parse = useParseConfig();
  const [text, setText] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const takeFile = async (file: File | undefined) => {
    if (file !== undefined) setText(await file.text());
  };
  if (parse.data !== undefined) return <ImportChoice parsed={parse.data} onBack={() => parse.reset()} />;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        parse.mutate(text);
      }}
    >
      <Field
        label="SSH configuration"
        hint="Only read, never executed: ProxyCommand, Match and Include are named and left out."
        aside={
          <Button size="sm" variant="ghost" icon={FileText} onClick={() => input.current?.click()}>
            Choose file
          </Button>
        }
      >
        {({ id, describedBy }) => (
          <TextArea
            id={id}
            isMono
            rows={10}
            aria-describedby={describedBy}
            placeholder={'Host web-1\n  HostName 10.0.0.5\n  User admin\n  ProxyJump bastion'}
            value={text}
            onChange={(event) => setText(event.target.value)}
            onDragOver={(event) => event.preventDefault()}
            onDrop={(event) => {
              event.preventDefault();
              void takeFile(event.dataTransfer.files[0]);
            }}
          />
        )}
      </Field>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="File of the SSH configuration"
        onChange={(event) => void takeFile(event.target.files?.[0])}
      />
      {parse.isError && <Notice tone="danger">{toProblem(parse.error).message}</Notice>}
      <div className={styles.foot}>
        <Button
          variant="primary"
          type="submit"
          isBusy={parse.isPending}
          disabledReason={text.trim() === '' ? 'Paste a configuration first.' : undefined}
        >
          Read the hosts
        </Button>
      </div>
    </form>
  );
};
