import { useMutation } from '@tanstack/react-query';
import { getRouteApi, Link, useLocation, useNavigate } from '@tanstack/react-router';
import type { FormEvent } from 'react';
import { useEffect, useState } from 'react';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { useServerReturn } from '../../hooks/use-server-return.ts';
import type { Problem } from '../../lib/errors.ts';
import { toProblem } from '../../lib/errors.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Button, buttonLook } from '../../ui/Button.tsx';
import { Field } from '../../ui/Field.tsx';
import { Input } from '../../ui/Input.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { PasswordInput } from '../../ui/PasswordInput.tsx';
import { MIN_PASSWORD_CHARS } from '../../ui/password-strength.ts';
import form from './AuthForm.module.css';
import { AuthLayout } from './AuthLayout.tsx';
import { codeOfFragment } from './setup-code.ts';
import { useSignIn } from './use-sign-in.ts';

const route = getRouteApi('/setup');

/** The code comes in the fragment, which browsers send to nobody; it leaves the address bar as soon as it is read. */
const useFragmentCode = (): string => {
  const hash = useLocation({ select: (place) => place.hash });
  const [code, setCode] = useState(() => codeOfFragment(hash));
  const navigate = useNavigate();
  useEffect(() => {
    if (hash === '') return;
    setCode(codeOfFragment(hash));
    void navigate({ to: '/setup', hash: '', replace: true });
  }, [hash, navigate]);
  return code;
};

const SetupDone = ({ isRaced }: { isRaced: boolean }) => (
  <AuthLayout
    title="Set-up is complete"
    description={
      isRaced
        ? 'Somebody else created the first account while this page was open. If that was not one of you, check the log of the server.'
        : 'The first account exists already. Sign in with it.'
    }
  >
    <div className={form.form}>
      <Link to="/login" {...buttonLook({ variant: 'primary' })}>
        Go to sign-in
      </Link>
    </div>
  </AuthLayout>
);

const SetupProblem = ({ problem }: { problem: Problem }) => {
  if (problem.code === 'invalid_setup_code') return null;
  if (problem.code === 'server_gone') {
    return (
      <Notice tone="warning" title="Server Box does not answer" isBusy>
        Retrying. What you typed stays here.
      </Notice>
    );
  }
  return <Notice tone={problem.code === 'rate_limited' ? 'warning' : 'danger'}>{problem.message}</Notice>;
};

const SetupForm = ({ onRaced }: { onRaced: () => void }) => {
  const trpc = useTRPC();
  const signIn = useSignIn();
  const givenCode = useFragmentCode();
  const [typedCode, setTypedCode] = useState<string>();
  const code = typedCode ?? givenCode;
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [isTried, setIsTried] = useState(false);
  const setup = useMutation(
    trpc.auth.setup.mutationOptions({
      onSuccess: ({ user }) => signIn(user, '/'),
      onError: (error) => toProblem(error).code === 'setup_done' && onRaced(),
    }),
  );
  const problem = setup.error === null ? undefined : toProblem(setup.error);
  useServerReturn(problem?.code === 'server_gone', () => setup.reset());
  const isShort = password.length < MIN_PASSWORD_CHARS;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsTried(true);
    if (!isShort && !setup.isPending) setup.mutate({ code: code.trim(), email, password });
  };

  return (
    <form className={form.form} onSubmit={submit}>
      {problem !== undefined && <SetupProblem problem={problem} />}
      <Field
        label="Set-up code"
        hint={
          givenCode === ''
            ? 'It stands in the log of the server that you started.'
            : 'Taken from the link that you opened.'
        }
        error={problem?.code === 'invalid_setup_code' ? `${problem.message} ${problem.hint}` : undefined}
      >
        {({ id, describedBy, isInvalid }) => (
          <Input
            id={id}
            aria-describedby={describedBy}
            isInvalid={isInvalid}
            isMono
            required
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus={givenCode === ''}
            value={code}
            onChange={(event) => setTypedCode(event.target.value)}
          />
        )}
      </Field>
      <Field label="E-mail" hint="You sign in with it. Nothing is sent there.">
        {({ id, describedBy }) => (
          <Input
            id={id}
            aria-describedby={describedBy}
            type="email"
            name="email"
            autoComplete="username"
            required
            spellCheck={false}
            autoFocus={givenCode !== ''}
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
      </Field>
      <Field
        label="Password"
        hint={`At least ${MIN_PASSWORD_CHARS} characters. Length counts more than signs.`}
        error={isTried && isShort ? `Use at least ${MIN_PASSWORD_CHARS} characters.` : undefined}
      >
        {({ id, describedBy, isInvalid }) => (
          <PasswordInput
            id={id}
            aria-describedby={describedBy}
            isInvalid={isInvalid}
            name="password"
            autoComplete="new-password"
            required
            hasMeter
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      <Button className={form.submit} type="submit" variant="primary" isBusy={setup.isPending}>
        Create account
      </Button>
    </form>
  );
};

/** The first page of an installation. Anybody may open it, so it says no more than whether it is still needed. */
export const SetupPage = () => {
  usePageTitle('Set up');
  const { needed } = route.useLoaderData();
  const [isRaced, setIsRaced] = useState(false);
  if (!needed || isRaced) return <SetupDone isRaced={isRaced} />;
  return (
    <AuthLayout
      title="Set up Server Box"
      description="Create the first account. It is the administrator of this installation."
    >
      <SetupForm onRaced={() => setIsRaced(true)} />
    </AuthLayout>
  );
};
