import { useMutation } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import type { FormEvent } from 'react';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { useServerReturn } from '../../hooks/use-server-return.ts';
import type { Problem } from '../../lib/errors.ts';
import { toProblem } from '../../lib/errors.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { Field } from '../../ui/Field.tsx';
import { Input } from '../../ui/Input.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { PasswordInput } from '../../ui/PasswordInput.tsx';
import form from './AuthForm.module.css';
import { AuthLayout } from './AuthLayout.tsx';
import { findElsewhere } from './entrance.ts';
import type { LoginNotice, LoginSearch } from './search.ts';
import { useSignIn } from './use-sign-in.ts';

const route = getRouteApi('/login');

const NOTICES: Record<LoginNotice, string> = {
  expired: 'Your session has ended. Sign in to go on where you were.',
  revoked: 'This session was signed out from another device.',
  signed_out: 'You are signed out.',
};

const LoginProblem = ({ problem }: { problem: Problem }) => {
  if (problem.code === 'server_gone') {
    return (
      <Notice tone="warning" title="Server Box does not answer" isBusy>
        Retrying. What you typed stays here.
      </Notice>
    );
  }
  return <Notice tone={problem.code === 'rate_limited' ? 'warning' : 'danger'}>{problem.message}</Notice>;
};

/** Leads on whoever has come here without need, as soon as that is known. */
const useElsewhere = (search: LoginSearch): void => {
  const context = route.useRouteContext();
  const { navigate } = useRouter();
  const find = useEffectEvent(() => findElsewhere(context, search));
  useEffect(() => {
    let isHere = true;
    const lead = (href: string | undefined) => (isHere && href ? navigate({ href, replace: true }) : undefined);
    find().then(lead, () => undefined); // the form is what to show when nobody answers
    return () => {
      isHere = false;
    };
  }, [navigate]);
};

/** What was typed survives every failure; after a wrong password that field is selected, ready to be typed anew. */
export const LoginPage = () => {
  usePageTitle('Sign in');
  const search = route.useSearch();
  const { next = '/', notice } = search;
  useElsewhere(search);
  const trpc = useTRPC();
  const signIn = useSignIn();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const passwordField = useRef<HTMLInputElement>(null);
  const login = useMutation(trpc.auth.login.mutationOptions({ onSuccess: ({ user }) => signIn(user, next) }));
  const problem = login.error === null ? undefined : toProblem(login.error);
  useServerReturn(problem?.code === 'server_gone', () => login.reset());

  const isRefused = problem?.code === 'invalid_credentials';
  useEffect(() => {
    if (isRefused) passwordField.current?.select();
  }, [isRefused]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!login.isPending) login.mutate({ email, password });
  };

  return (
    <AuthLayout title="Sign in">
      <form className={form.form} onSubmit={submit}>
        {problem !== undefined && <LoginProblem problem={problem} />}
        {problem === undefined && notice !== undefined && <Notice>{NOTICES[notice]}</Notice>}
        <Field label="E-mail">
          {({ id }) => (
            <Input
              id={id}
              type="email"
              name="email"
              autoComplete="username"
              autoFocus
              required
              spellCheck={false}
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          )}
        </Field>
        <Field label="Password">
          {({ id }) => (
            <PasswordInput
              ref={passwordField}
              id={id}
              name="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        <Button className={form.submit} type="submit" variant="primary" isBusy={login.isPending}>
          Sign in
        </Button>
      </form>
    </AuthLayout>
  );
};
