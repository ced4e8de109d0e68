import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { toProblem } from '../../lib/errors.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { Field } from '../../ui/Field.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { PasswordInput } from '../../ui/PasswordInput.tsx';
import { MIN_PASSWORD_CHARS } from '../../ui/password-strength.ts';
import { useToast } from '../../ui/toast.ts';
import styles from './PasswordForm.module.css';

const EMPTY = { currentPassword: '', newPassword: '' };

/** The current password is asked for again, so that an unattended screen cannot lock its owner out. */
export const PasswordForm = ({ email }: { email: string }) => {
  const trpc = useTRPC();
  const toast = useToast();
  const queryClient = useQueryClient();
  const [values, setValues] = useState(EMPTY);
  const [isTried, setIsTried] = useState(false);
  const change = useMutation(
    trpc.auth.changePassword.mutationOptions({
      onSuccess: () => {
        setValues(EMPTY);
        setIsTried(false);
        toast.show({ tone: 'success', title: 'Password changed' });
        return queryClient.invalidateQueries(trpc.auth.sessions.queryFilter());
      },
    }),
  );
  const problem = change.error === null ? undefined : toProblem(change.error);
  const isWrong = problem?.code === 'invalid_credentials';
  const isShort = values.newPassword.length < MIN_PASSWORD_CHARS;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsTried(true);
    if (!isShort && !change.isPending) change.mutate(values);
  };

  return (
    <form className={styles.root} onSubmit={submit}>
      {problem !== undefined && !isWrong && (
        <Notice tone={problem.code === 'rate_limited' ? 'warning' : 'danger'}>{problem.message}</Notice>
      )}
      {/* Password keepers need to know whose password it is. */}
      <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
      <Field label="Current password" error={isWrong ? problem.message : undefined}>
        {({ id, describedBy, isInvalid }) => (
          <PasswordInput
            id={id}
            aria-describedby={describedBy}
            isInvalid={isInvalid}
            autoComplete="current-password"
            required
            value={values.currentPassword}
            onChange={(event) => setValues({ ...values, currentPassword: event.target.value })}
          />
        )}
      </Field>
      <Field
        label="New password"
        hint={`At least ${MIN_PASSWORD_CHARS} characters. Length counts more than signs.`}
        error={isTried && isShort ? `Use at least ${MIN_PASSWORD_CHARS} characters.` : undefined}
      >
        {({ id, describedBy, isInvalid }) => (
          <PasswordInput
            id={id}
            aria-describedby={describedBy}
            isInvalid={isInvalid}
            autoComplete="new-password"
            required
            hasMeter
            value={values.newPassword}
            onChange={(event) => setValues({ ...values, newPassword: event.target.value })}
          />
        )}
      </Field>
      <div>
        <Button type="submit" variant="primary" isBusy={change.isPending}>
          Change password
        </Button>
      </div>
    </form>
  );
};
