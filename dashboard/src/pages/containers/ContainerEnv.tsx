import type { ContainerDetail } from '@serverbox/contract/containers';
import { useMutation } from '@tanstack/react-query';
import { Eye, EyeOff, KeyRound } from 'lucide-react';
import { useState } from 'react';
import { useCan } from '../../hooks/use-viewer.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import { CopyButton } from '../../ui/CopyButton.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import styles from './ContainerPage.module.css';

/** The environment, secrets masked by the core. To see them is an act of its own that the audit trail keeps. */
export const ContainerEnv = ({ detail }: { detail: ContainerDetail }) => {
  const trpc = useTRPC();
  const mayReveal = useCan('containers.reveal');
  const [isAsking, setAsking] = useState(false);
  const reveal = useMutation(trpc.docker.containers.reveal.mutationOptions({ gcTime: 0 }));
  const clear = reveal.data?.env;
  const masked = detail.env.filter((entry) => entry.masked).length;
  if (detail.env.length === 0) {
    return (
      <EmptyState
        icon={KeyRound}
        title="No environment"
        description="This container was created without variables of its own."
      />
    );
  }
  const shown = clear?.map((entry) => ({ ...entry, masked: false })) ?? detail.env;
  return (
    <>
      <div className={styles.bar}>
        <p className={styles.note}>
          {clear === undefined
            ? masked > 0
              ? `${masked} of ${detail.env.length} values look like secrets and are masked.`
              : 'No value looks like a secret.'
            : 'All values are shown. The audit trail says that you looked.'}
        </p>
        {clear === undefined && masked > 0 && (
          <Button
            icon={Eye}
            disabledReason={mayReveal ? undefined : 'Your role does not include this: containers.reveal.'}
            onClick={() => setAsking(true)}
          >
            Reveal values
          </Button>
        )}
        {clear !== undefined && (
          <Button icon={EyeOff} onClick={() => reveal.reset()}>
            Mask again
          </Button>
        )}
      </div>
      <Card padding="none">
        <dl className={styles.pairs}>
          {shown.map(({ key, value, masked: isMasked }) => (
            <div key={key} className={styles.pair}>
              <dt>{key}</dt>
              <dd data-masked={isMasked || undefined}>{value}</dd>
              <dd>{!isMasked && <CopyButton text={value} label={`Copy ${key}`} />}</dd>
            </div>
          ))}
        </dl>
      </Card>
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setAsking}
        title={`Reveal the environment of ${detail.name}?`}
        consequences={[
          { text: 'Passwords, keys and tokens will be readable on this screen.', tone: 'warning' },
          { text: 'The audit trail records that you looked, and when.', tone: 'neutral' },
        ]}
        confirmLabel="Reveal values"
        tone="neutral"
        onConfirm={() => reveal.mutateAsync({ nodeId: detail.nodeId, containerId: detail.id })}
      />
    </>
  );
};
