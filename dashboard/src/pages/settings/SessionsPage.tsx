import type { Session } from '@serverbox/contract/auth';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Laptop, Smartphone } from 'lucide-react';
import { useState } from 'react';
import { QueryError } from '../../components/page/QueryError.tsx';
import { usePageTitle } from '../../hooks/use-page-title.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import { useToast } from '../../ui/toast.ts';
import styles from './SessionsPage.module.css';
import { describeClient } from './user-agent.ts';

const SessionRow = ({ session, onRevoke }: { session: Session; onRevoke: () => void }) => {
  const client = describeClient(session.userAgent);
  const IconOf = client.isPhone ? Smartphone : Laptop;
  return (
    <li className={styles.row}>
      <span className={styles.icon}>
        <IconOf size={18} strokeWidth={1.75} aria-hidden="true" />
      </span>
      <div className={styles.words}>
        <p className={styles.name}>
          <span data-tooltip={session.userAgent}>{client.name}</span>
          {session.current && <Badge tone="success">This session</Badge>}
        </p>
        <p className={styles.facts}>
          <span>{session.ip}</span>
          <span>
            signed in <RelativeTime at={session.createdAt} />
          </span>
          <span>
            used <RelativeTime at={session.lastUsedAt} />
          </span>
          <span>
            ends <RelativeTime at={session.expiresAt} />
          </span>
        </p>
      </div>
      {!session.current && (
        <Button size="sm" onClick={onRevoke}>
          Sign out
        </Button>
      )}
    </li>
  );
};

const SessionRows = ({
  sessions,
  onRevoke,
}: {
  sessions: readonly Session[];
  onRevoke: (session: Session) => void;
}) => (
  <ul>
    {sessions.map((session) => (
      <SessionRow key={session.id} session={session} onRevoke={() => onRevoke(session)} />
    ))}
  </ul>
);

const LoadingRows = () => (
  <div aria-busy="true">
    {[1, 2].map((row) => (
      <div key={row} className={styles.row}>
        <Skeleton width={36} height={36} shape="block" />
        <div className={styles.words}>
          <Skeleton width={160} />
          <Skeleton width="60%" />
        </div>
      </div>
    ))}
  </div>
);

type Asked = { kind: 'one'; session: Session } | { kind: 'others' };

/** Every signed-in browser and tool, with the means to end each of them. */
export const SessionsPage = () => {
  usePageTitle('Sessions');
  const trpc = useTRPC();
  const toast = useToast();
  const queryClient = useQueryClient();
  const [asked, setAsked] = useState<Asked>();
  const list = useQuery(trpc.auth.sessions.queryOptions());
  const onSuccess = () => queryClient.invalidateQueries(trpc.auth.sessions.queryFilter());
  const revoke = useMutation(trpc.auth.revokeSession.mutationOptions({ onSuccess }));
  const revokeOthers = useMutation(
    trpc.auth.revokeOtherSessions.mutationOptions({
      onSuccess: ({ revoked }) => {
        toast.show({
          tone: 'success',
          title: revoked === 1 ? '1 session was signed out' : `${revoked} sessions were signed out`,
        });
        return onSuccess();
      },
    }),
  );
  const sessions = list.data?.items;
  const others = sessions?.filter((session) => !session.current).length ?? 0;
  const clientName = asked?.kind === 'one' ? describeClient(asked.session.userAgent).name : '';

  return (
    <>
      <Card
        title="Sessions"
        description="Browsers and tools that are signed in as you."
        padding="none"
        actions={
          others > 0 && (
            <Button size="sm" onClick={() => setAsked({ kind: 'others' })}>
              Sign out all others
            </Button>
          )
        }
      >
        {sessions !== undefined && (
          <SessionRows sessions={sessions} onRevoke={(session) => setAsked({ kind: 'one', session })} />
        )}
        {list.isPending && <LoadingRows />}
        {list.isError && sessions === undefined && (
          <QueryError
            error={list.error}
            what="your sessions"
            onRetry={() => void list.refetch()}
            isRetrying={list.isFetching}
          />
        )}
      </Card>
      <ConfirmDialog
        open={asked !== undefined}
        onOpenChange={(open) => !open && setAsked(undefined)}
        title={
          asked?.kind === 'one'
            ? `Sign out ${clientName}?`
            : `Sign out ${others} other ${others === 1 ? 'session' : 'sessions'}?`
        }
        consequences={[
          { text: 'Open terminals and live views there close within seconds.', tone: 'warning' },
          { text: 'Signing in again needs the password.' },
        ]}
        confirmLabel="Sign out"
        onConfirm={() =>
          asked?.kind === 'one' ? revoke.mutateAsync({ sessionId: asked.session.id }) : revokeOthers.mutateAsync()
        }
      />
    </>
  );
};
