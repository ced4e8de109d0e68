import type { NodeDetail } from '@serverbox/contract/nodes';
import type { AgentMode } from '@serverbox/contract/onboarding';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Bot } from 'lucide-react';
import { useState } from 'react';
import { QueryError } from '../../../components/page/QueryError.tsx';
import { toProblem } from '../../../lib/errors.ts';
import { useTRPC } from '../../../lib/trpc.ts';
import { Button } from '../../../ui/Button.tsx';
import { Card } from '../../../ui/Card.tsx';
import { CodeBlock } from '../../../ui/CodeBlock.tsx';
import { EmptyState } from '../../../ui/EmptyState.tsx';
import { KeyValue } from '../../../ui/KeyValue.tsx';
import { Notice } from '../../../ui/Notice.tsx';
import { Skeleton } from '../../../ui/Skeleton.tsx';
import { Tabs } from '../../../ui/Tabs.tsx';
import { EnrolmentCommands } from '../add/EnrolmentCommands.tsx';
import { ModeChoice } from '../add/ModeChoice.tsx';
import { Services } from '../Services.tsx';
import { InstallAgent } from '../ssh/InstallAgent.tsx';
import styles from './AccessTab.module.css';

type Part = 'upgrade' | 'enrol' | 'uninstall';

const PARTS = [
  { value: 'upgrade', label: 'Upgrade' },
  { value: 'enrol', label: 'Enrol again' },
  { value: 'uninstall', label: 'Uninstall' },
] as const;

/** The agent of the node: what it is and permits, and the lines that upgrade, enrol or uninstall it. */
export const AgentCard = ({ node }: { node: NodeDetail }) => {
  const [part, setPart] = useState<Part>('upgrade');
  const hasAgent = node.ways.some(({ way }) => way === 'agent' || way === 'poll');
  const hasSsh = node.ways.some(({ way }) => way === 'ssh');
  if (!hasAgent) {
    return (
      <Card title="Agent">
        <div className={styles.stack}>
          <EmptyState
            icon={Bot}
            title="No agent here"
            description="The agent measures all the time and calls out by itself: it needs no open port."
          />
          {hasSsh ? <InstallChoice node={node} /> : <Reenrol node={node} />}
        </div>
      </Card>
    );
  }
  return (
    <Card title="Agent">
      <div className={styles.stack}>
        <KeyValue
          columns={2}
          items={[
            { label: 'Version', value: node.facts?.agentVersion ?? '—' },
            { label: 'Permitted by its owner', value: <Services services={node.services} /> },
          ]}
        />
        <Tabs label="Commands for the agent" value={part} onChange={setPart} items={PARTS}>
          {part === 'enrol' ? <Reenrol node={node} /> : <Command node={node} part={part} />}
        </Tabs>
      </div>
    </Card>
  );
};

const INSTALLS = [
  { value: 'ssh', label: 'Over SSH' },
  { value: 'command', label: 'By a command' },
] as const;

/** A machine without systemd takes the agent as a container: the command has that form, too. */
const InstallChoice = ({ node }: { node: NodeDetail }) => {
  const [by, setBy] = useState<'ssh' | 'command'>('ssh');
  return (
    <Tabs label="How to install the agent" value={by} onChange={setBy} items={INSTALLS}>
      {by === 'ssh' ? <InstallAgent nodeId={node.id} isForgetting={false} /> : <Reenrol node={node} />}
    </Tabs>
  );
};

const PART_WORDS = {
  upgrade: 'Brings the agent to the version that this Server Box has. Its identity and policy stay.',
  uninstall: 'Takes the service, the program and its state away. The node stays here until it is removed.',
};

const Command = ({ node, part }: { node: NodeDetail; part: 'upgrade' | 'uninstall' }) => {
  const trpc = useTRPC();
  const commands = useQuery(trpc.onboarding.commands.queryOptions({ nodeId: node.id }));
  if (commands.isError && commands.data === undefined)
    return <QueryError size="card" what="the commands" error={commands.error} onRetry={() => commands.refetch()} />;
  return (
    <div className={styles.stack}>
      <p className={styles.note}>{PART_WORDS[part]}</p>
      {commands.data === undefined ? (
        <Skeleton shape="block" height={44} />
      ) : (
        <CodeBlock label={`Command to ${part}`} text={commands.data[part]} isWrapped />
      )}
    </div>
  );
};

/** For a machine that lost the agent's state, or one that takes the place of another. */
const Reenrol = ({ node }: { node: NodeDetail }) => {
  const trpc = useTRPC();
  const [mode, setMode] = useState<AgentMode>('operate');
  const reenrol = useMutation(trpc.onboarding.reenrol.mutationOptions());
  if (reenrol.data !== undefined) {
    return (
      <div className={styles.stack}>
        <EnrolmentCommands enrolment={reenrol.data} />
      </div>
    );
  }
  return (
    <div className={styles.stack}>
      <p className={styles.note}>
        Makes a token with which a machine becomes the agent of this node. The agent that is here now loses its
        credential the moment the token is used.
      </p>
      <ModeChoice value={mode} onChange={setMode} />
      {reenrol.isError && <Notice tone="danger">{toProblem(reenrol.error).message}</Notice>}
      <div className={styles.foot}>
        <Button isBusy={reenrol.isPending} onClick={() => reenrol.mutate({ nodeId: node.id, mode })}>
          Make the command
        </Button>
      </div>
    </div>
  );
};
