import type { NodeId } from '@serverbox/contract/ids';
import type { AgentMode, InstallAgentResult } from '@serverbox/contract/onboarding';
import { useMutation } from '@tanstack/react-query';
import { CircleCheck, CircleDashed, CircleX, Download } from 'lucide-react';
import { useState } from 'react';
import { toProblem } from '../../../lib/errors.ts';
import { useTRPC } from '../../../lib/trpc.ts';
import { Button } from '../../../ui/Button.tsx';
import { Notice } from '../../../ui/Notice.tsx';
import { Spinner } from '../../../ui/Spinner.tsx';
import { ModeChoice } from '../add/ModeChoice.tsx';
import { useRefreshNodes } from '../use-refresh-nodes.ts';
import styles from './InstallAgent.module.css';

type Step = InstallAgentResult['steps'][number];

const STEP_WORDS: Record<Step['step'], string> = {
  connect: 'Connect by SSH',
  platform: 'Look what the machine is',
  download: 'Bring the program there',
  install: 'Install it as a service',
  enrol: 'Enrol the machine',
  linked: 'Wait until the agent connects',
  forget: 'Forget SSH access',
};
const ALL_STEPS = Object.keys(STEP_WORDS) as Step['step'][];

const Mark = ({ result, isBusy }: { result: Step['result'] | undefined; isBusy: boolean }) => {
  if (isBusy) return <Spinner />;
  if (result === 'ok') return <CircleCheck size={16} aria-hidden="true" />;
  if (result === 'failed') return <CircleX size={16} aria-hidden="true" />;
  return <CircleDashed size={16} aria-hidden="true" />;
};

const Steps = ({ steps, isBusy }: { steps: readonly Step[]; isBusy: boolean }) => (
  <ol className={styles.steps} aria-label="Steps" aria-live="polite" aria-busy={isBusy}>
    {ALL_STEPS.map((name) => {
      const done = steps.find(({ step }) => step === name);
      return (
        <li key={name} className={styles.step} data-result={done?.result}>
          <Mark result={done?.result} isBusy={isBusy && name === 'connect'} />
          <span className={styles.name}>{STEP_WORDS[name]}</span>
          <span className={styles.text}>{done?.text}</span>
        </li>
      );
    })}
  </ol>
);

/** Installs the agent over SSH. The steps are told together when the last one is over: at most about a minute. */
export const InstallAgent = ({ nodeId, isForgetting }: { nodeId: NodeId; isForgetting: boolean }) => {
  const trpc = useTRPC();
  const refresh = useRefreshNodes();
  const [mode, setMode] = useState<AgentMode>('operate');
  const install = useMutation(trpc.onboarding.installAgent.mutationOptions({ onSettled: refresh }));
  const steps = install.data?.steps ?? [];
  const isLinked = steps.some(({ step, result }) => step === 'linked' && result === 'ok');
  return (
    <div className={styles.install}>
      {!isLinked && <ModeChoice value={mode} onChange={setMode} />}
      {(install.isPending || steps.length > 0) && <Steps steps={steps} isBusy={install.isPending} />}
      {install.isError && <Notice tone="danger">{toProblem(install.error).message}</Notice>}
      {isLinked ? (
        <Notice tone="success" title="The agent is connected">
          {isForgetting ? 'SSH access and its credential are gone.' : 'SSH access stays as the second way.'}
        </Notice>
      ) : (
        <Button
          variant="primary"
          icon={Download}
          isBusy={install.isPending}
          onClick={() => install.mutate({ nodeId, mode, forget: isForgetting })}
        >
          {isForgetting ? 'Install the agent and forget SSH' : 'Install the agent'}
        </Button>
      )}
    </div>
  );
};
