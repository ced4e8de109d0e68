import type { NodeId } from '@serverbox/contract/ids';
import type { PushSetup } from '@serverbox/contract/onboarding';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { toProblem } from '../../../lib/errors.ts';
import { useTRPC } from '../../../lib/trpc.ts';
import { Button } from '../../../ui/Button.tsx';
import { CodeBlock } from '../../../ui/CodeBlock.tsx';
import { Notice } from '../../../ui/Notice.tsx';
import { Tabs } from '../../../ui/Tabs.tsx';
import { useRefreshOn } from '../../use-refresh-on.ts';
import { useRefreshNodes } from '../use-refresh-nodes.ts';
import styles from './AddNodePage.module.css';
import { NameField, nameProblem } from './NameField.tsx';
import { ArrivalNotice } from './NewNodeNotice.tsx';

const REFRESH_MS = 5000;
const FORMS = [
  { value: 'install', label: 'One line' },
  { value: 'cron', label: 'cron' },
  { value: 'systemd', label: 'systemd' },
] as const;

/** A machine that only ever sends: its containers are seen, and nothing can be asked of it. */
export const AddByPush = () => {
  const trpc = useTRPC();
  const refresh = useRefreshNodes();
  const [name, setName] = useState('');
  const [wasSent, setWasSent] = useState(false);
  const create = useMutation(trpc.onboarding.create.mutationOptions({ onSuccess: refresh }));
  const problem = nameProblem(name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWasSent(true);
    if (problem === undefined) create.mutate({ name: name.trim(), via: 'push' });
  };
  const { push, node } = create.data ?? {};
  if (push && node) {
    return (
      <div className={styles.form}>
        <PushCommands setup={push} />
        <FirstReport nodeId={node.id} name={node.name} />
      </div>
    );
  }
  return (
    <form className={styles.form} onSubmit={submit}>
      <NameField value={name} onChange={setName} problem={wasSent ? problem : undefined} />
      {create.isError && <Notice tone="danger">{toProblem(create.error).message}</Notice>}
      <div className={styles.foot}>
        <Button variant="primary" type="submit" isBusy={create.isPending}>
          Make the token
        </Button>
      </div>
    </form>
  );
};

const PushCommands = ({ setup }: { setup: PushSetup }) => {
  const [form, setForm] = useState<keyof PushSetup['commands']>('install');
  return (
    <Tabs label="How to report" value={form} onChange={setForm} items={FORMS}>
      <div className={styles.form}>
        <p className={styles.note}>The token in it is shown once. It can only report for this one host.</p>
        <CodeBlock label="Command" text={setup.commands[form]} isWrapped={form === 'install'} />
      </div>
    </Tabs>
  );
};

/** The node is there from the beginning; what is waited for is that its script says anything. */
const FirstReport = ({ nodeId, name }: { nodeId: NodeId; name: string }) => {
  const trpc = useTRPC();
  const node = useQuery(trpc.nodes.get.queryOptions({ nodeId }, { refetchInterval: REFRESH_MS }));
  useRefreshOn(['nodes'], [trpc.nodes.get.queryFilter({ nodeId })]);
  const hasReported = node.data?.ways.some(({ way, state }) => way === 'push' && state === 'up') === true;
  return <ArrivalNotice name={name} nodeId={hasReported ? nodeId : undefined} />;
};
