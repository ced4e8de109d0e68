import { CircleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { toProblem } from '../lib/errors.ts';
import { Button } from './Button.tsx';
import styles from './ConfirmDialog.module.css';
import { Dialog } from './Dialog.tsx';
import { Field } from './Field.tsx';
import { Input } from './Input.tsx';
import { Skeleton } from './Skeleton.tsx';

/** One line of the blast radius. */
export interface Consequence {
  text: string;
  tone?: 'danger' | 'warning' | 'neutral';
}

export interface ConfirmDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** A question that names the thing: "Remove container web?" */
  title: string;
  description?: ReactNode;
  /** The blast radius: what stops, what goes, what stays. */
  consequences?: readonly Consequence[] | undefined;
  /** Has to be typed before the act can be confirmed. */
  typedName?: string | undefined;
  /** A verb: "Remove container". */
  confirmLabel: string;
  tone?: 'danger' | 'neutral';
  /** The consequences are still being asked for. */
  isLoading?: boolean;
  children?: ReactNode;
  /** The dialog closes when this resolves, and stays open with the reason when it rejects. */
  onConfirm: () => Promise<unknown> | undefined;
}

const Consequences = ({ items, isLoading }: { items: readonly Consequence[]; isLoading: boolean }) => {
  if (isLoading) {
    return (
      <div className={styles.list} aria-busy="true">
        <Skeleton width="80%" />
        <Skeleton width="60%" />
      </div>
    );
  }
  if (items.length === 0) return null;
  return (
    <ul className={styles.list}>
      {items.map(({ text, tone = 'neutral' }) => (
        <li key={text} className={styles.item} data-tone={tone}>
          {text}
        </li>
      ))}
    </ul>
  );
};

/** Asks before something is lost, and is the one place that shows the error when it then fails. */
export const ConfirmDialog = ({
  open,
  onOpenChange,
  title,
  description,
  consequences = [],
  typedName,
  confirmLabel,
  tone = 'danger',
  isLoading = false,
  children,
  onConfirm,
}: ConfirmDialogProps) => {
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const [typed, setTyped] = useState('');
  useEffect(() => {
    if (!open) return;
    setFailure(undefined);
    setTyped('');
  }, [open]);

  const confirm = async () => {
    setIsBusy(true);
    setFailure(undefined);
    try {
      await onConfirm();
      onOpenChange(false);
    } catch (error) {
      setFailure(toProblem(error).message);
    } finally {
      setIsBusy(false);
    }
  };
  // Enter must not destroy anything by reflex, and must not be in the way of anything harmless.
  const isCancelFirst = typedName === undefined && tone === 'danger';
  const isConfirmFirst = typedName === undefined && tone === 'neutral';
  const isNameMissing = typedName !== undefined && typed !== typedName;

  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !isBusy && onOpenChange(next)}
      title={title}
      description={description}
      footer={
        <>
          <Button
            variant="ghost"
            data-autofocus={isCancelFirst || undefined}
            onClick={() => onOpenChange(false)}
            disabled={isBusy}
          >
            Cancel
          </Button>
          <Button
            variant={tone === 'danger' ? 'danger' : 'primary'}
            isBusy={isBusy}
            data-autofocus={isConfirmFirst || undefined}
            disabledReason={isNameMissing ? `Type ${typedName} to confirm.` : undefined}
            onClick={() => void confirm()}
          >
            {confirmLabel}
          </Button>
        </>
      }
    >
      <div className={styles.body}>
        <Consequences items={consequences} isLoading={isLoading} />
        {children}
        {typedName !== undefined && (
          <Field label={`Type ${typedName} to confirm`}>
            {({ id }) => (
              <Input
                id={id}
                value={typed}
                isMono
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setTyped(event.target.value)}
              />
            )}
          </Field>
        )}
        {failure !== undefined && (
          <p className={styles.failure} role="alert">
            <CircleAlert size={15} aria-hidden="true" />
            {failure}
          </p>
        )}
      </div>
    </Dialog>
  );
};
