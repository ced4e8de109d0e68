import type { NodeId } from '@serverbox/contract/ids';
import type { AgentMode, InstallAgentResult, InstallStep } from '@serverbox/contract/onboarding';
import { INSTALL_STEPS } from '@serverbox/contract/onboarding';
import { useMutation } from '@tanstack/react-query';
import { CircleCheck, CircleDashed, CircleX, Download } from 'lucide-react';
import { useState } from 'react';
import { useLive } from '../../../hooks/use-live.ts';
import { toProblem } from '../../../lib/errors.ts';
import { useTRPC } from '../../../lib/trpc.ts';
import { Button } from '../../../ui/Button.tsx';
import { Notice } from '../../../ui/Notice.tsx';
import { Spinner } from '../../../ui/Spinner.tsx';
import { ModeChoice } from '../add/ModeChoice.tsx';
import { useRefreshNodes } from '../use-refresh-nodes.ts';
import styles from './InstallAgent.module.css';

type DoneStep = InstallAgentResult['steps'][number];

const STEP_WORDS: Record<InstallStep, string> = {
  connect: 'Connect by SSH',
  platform: 'Look what the machine is',
  download: 'Bring the program there',
  install: 'Install it as a service',
  enrol: 'Enrol the machine',
  linked: 'Wait until the agent connects',
  forget: 'Forget SSH access',
};

const MARKS = { ok: CircleCheck, failed: CircleX, skipped: CircleDashed, waiting: CircleDashed };

/** What is known of a step while the installation runs: those before the one that has begun went well. */
const resultWhile = (begun: InstallStep, step: InstallStep): 'ok' | 'busy' | 'waiting' => {
  if (step === begun) return 'busy';
  return INSTALL_STEPS.indexOf(step) < INSTALL_STEPS.indexOf(begun) ? 'ok' : 'waiting';
};

/** @param begun the step that runs now; undefined once it is over, and `done` has all there is to say */
const Steps = ({ done, begun }: { done: readonly DoneStep[]; begun: InstallStep | undefined }) => (
  <ol className={styles.steps} aria-label="Steps" aria-live="polite" aria-busy={begun !== undefined}>
    {INSTALL_STEPS.map((step) => {
      const ended = done.find((one) => one.step === step);
      const result = begun === undefined ? (ended?.result ?? 'waiting') : resultWhile(begun, step);
      const Mark = result === 'busy' ? undefined : MARKS[result];
      return (
        <li key={step} className={styles.step} data-result={result}>
          {Mark === undefined ? <Spinner /> : <Mark size={16} aria-hidden="true" />}
          <span className={styles.name}>{STEP_WORDS[step]}</span>
          <span className={styles.text}>{begun === undefined ? ended?.text : undefined}</span>
        </li>
      );
    })}
  </ol>
);

/** Installs the agent over SSH. Each step is shown as it begins; what there is to say of them comes when all is over. */
export const InstallAgent = ({ nodeId, isForgetting }: { nodeId: NodeId; isForgetting: boolean }) => {
  const trpc = useTRPC();
  const refresh = useRefreshNodes();
  const [mode, setMode] = useState<AgentMode>('operate');
  const install = useMutation(
    trpc.onboarding.installAgent.mutationOptions({ onMutate: () => setBegun('connect'), onSettled: refresh }),
  );
  const [begun, setBegun] = useState<InstallStep>('connect');
  useLive(install.isPending ? ['nodes'] : [], (event) => {
    if (event.type === 'install' && event.nodeId === nodeId) setBegun(event.step);
  });
  const steps = install.data?.steps ?? [];
  const isLinked = steps.some(({ step, result }) => step === 'linked' && result === 'ok');
  return (
    <div className={styles.install}>
      {!isLinked && <ModeChoice value={mode} onChange={setMode} />}
      {(install.isPending || steps.length > 0) && <Steps done={steps} begun={install.isPending ? begun : undefined} />}
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
