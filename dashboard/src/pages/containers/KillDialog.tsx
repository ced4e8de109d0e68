import { KILL_SIGNALS } from '@serverbox/contract/containers';
import { useState } from 'react';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import { Select } from '../../ui/Select.tsx';
import type { ActTarget } from './container-acts.ts';

export type KillSignal = (typeof KILL_SIGNALS)[number];
const MEANINGS: Record<KillSignal, string> = {
  SIGKILL: 'ends it at once, nothing is saved',
  SIGTERM: 'asks it to end',
  SIGINT: 'interrupts it, like Ctrl+C',
  SIGHUP: 'often: read the configuration again',
  SIGQUIT: 'ends it with a dump',
  SIGUSR1: 'means what the program makes of it',
  SIGUSR2: 'means what the program makes of it',
};
const OPTIONS = KILL_SIGNALS.map((signal) => ({ value: signal, label: signal, hint: MEANINGS[signal] }));

interface Props {
  target: ActTarget | null;
  onClose(): void;
  onConfirm(target: ActTarget, signal: KillSignal): Promise<unknown>;
}

export const KillDialog = ({ target, onClose, onConfirm }: Props) => {
  const [signal, setSignal] = useState<KillSignal>('SIGKILL');
  return (
    <ConfirmDialog
      open={target !== null}
      onOpenChange={(isOpen) => isOpen || onClose()}
      title={`Send a signal to ${target?.name ?? 'the container'}?`}
      consequences={[{ text: `${signal} ${MEANINGS[signal]}.`, tone: signal === 'SIGKILL' ? 'danger' : 'warning' }]}
      confirmLabel={`Send ${signal}`}
      onConfirm={async () => {
        if (target !== null) await onConfirm(target, signal);
      }}
    >
      <Select label="Signal" isLabelVisible value={signal} onChange={setSignal} options={OPTIONS} />
    </ConfirmDialog>
  );
};
