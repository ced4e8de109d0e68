import type { SshEndpoint } from '@serverbox/contract/ssh';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { toProblem } from '../../../lib/errors.ts';
import { useTRPC } from '../../../lib/trpc.ts';
import { ConfirmDialog } from '../../../ui/ConfirmDialog.tsx';
import { Segmented } from '../../../ui/Segmented.tsx';
import { Select } from '../../../ui/Select.tsx';
import { Switch } from '../../../ui/Switch.tsx';
import { useToast } from '../../../ui/toast.ts';
import styles from './AccessTab.module.css';

const PRESENCES = [
  { value: 'watched', label: 'While watched' },
  { value: 'always', label: 'Always' },
] as const;
const PRESENCE_WORDS: Record<SshEndpoint['presence'], string> = {
  watched: 'Connected while somebody looks, and for a minute after. Nothing is measured in between.',
  always: 'Stays connected, so that metrics and alerts go on.',
};
const INTERVALS = [
  { value: '5000', label: '5 seconds' },
  { value: '10000', label: '10 seconds' },
  { value: '30000', label: '30 seconds' },
  { value: '60000', label: '1 minute' },
  { value: '300000', label: '5 minutes' },
] as const;

const intervalsWith = (value: string) =>
  INTERVALS.some((each) => each.value === value)
    ? INTERVALS
    : [...INTERVALS, { value, label: `${Number(value) / 1000} seconds` }];

/** In force at once; each stands by itself. */
export const SshOptions = ({ endpoint, onChange }: { endpoint: SshEndpoint; onChange(next: SshEndpoint): void }) => {
  const trpc = useTRPC();
  const toast = useToast();
  const [isAsking, setIsAsking] = useState(false);
  const set = useMutation(
    trpc.ssh.setOptions.mutationOptions({
      onSuccess: onChange,
      onError: (error) => toast.problem('Could not change the option', toProblem(error)),
    }),
  );
  const { nodeId, presence, metricsIntervalMs, allowsWeakAlgorithms } = endpoint;
  const intervalMs = String(metricsIntervalMs);
  return (
    <div className={styles.options}>
      <div className={styles.option}>
        <span className={styles.label}>Presence</span>
        <span>
          <Segmented
            label="Presence"
            value={presence}
            onChange={(next) => set.mutate({ nodeId, presence: next })}
            options={PRESENCES}
            size="sm"
          />
        </span>
        <p className={styles.note}>{PRESENCE_WORDS[presence]}</p>
      </div>
      {presence === 'always' && (
        <Select
          label="Measure every"
          isLabelVisible
          size="sm"
          value={intervalMs}
          onChange={(next) => set.mutate({ nodeId, metricsIntervalMs: Number(next) })}
          options={intervalsWith(intervalMs)}
        />
      )}
      <Switch
        label="Allow weak algorithms"
        description="Only for old machines that speak nothing better: SHA-1 signatures, CBC ciphers, small groups."
        checked={allowsWeakAlgorithms}
        onChange={(next) => (next ? setIsAsking(true) : set.mutate({ nodeId, allowsWeakAlgorithms: false }))}
      />
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setIsAsking}
        title="Allow weak algorithms for this node?"
        consequences={[
          { text: 'Somebody in between may then read or change the connection.', tone: 'danger' },
          { text: 'Other nodes stay as they are.' },
        ]}
        confirmLabel="Allow weak algorithms"
        onConfirm={() => set.mutateAsync({ nodeId, allowsWeakAlgorithms: true })}
      />
    </div>
  );
};
