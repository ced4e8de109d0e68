import type { DoctorHop, DoctorReport } from '@serverbox/contract/doctor';
import type { NodeDetail } from '@serverbox/contract/nodes';
import { WAY_NAMES } from '@serverbox/contract/ways';
import { useMutation } from '@tanstack/react-query';
import { CircleCheck, CircleDashed, CircleX, Stethoscope, TriangleAlert } from 'lucide-react';
import { QueryError } from '../../components/page/QueryError.tsx';
import { useCan } from '../../hooks/use-viewer.ts';
import { formatDuration } from '../../lib/format.ts';
import { useTRPCClient } from '../../lib/trpc.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import { Skeleton } from '../../ui/Skeleton.tsx';
import type { Icon } from '../../ui/types.ts';
import styles from './DoctorTab.module.css';

const HOP_WORDS: Record<DoctorHop['hop'], string> = {
  dns: 'Name',
  tcp: 'Connection',
  tls: 'Certificate',
  upgrade: 'WebSocket through the proxy',
  jump: 'Hop',
  host_key: 'Host key',
  auth: 'Credential',
  token: 'Token',
  clock: 'Clock',
  user: 'User',
  shell: 'Shell',
  docker_socket: 'Docker socket',
  docker: 'Docker',
  compose: 'Compose',
  agent: 'Agent',
};
const RESULTS: Record<DoctorHop['result'], { icon: Icon; words: string }> = {
  ok: { icon: CircleCheck, words: 'In order' },
  warning: { icon: TriangleAlert, words: 'Warning' },
  failed: { icon: CircleX, words: 'Failed' },
  skipped: { icon: CircleDashed, words: 'Skipped' },
};

/** Checks each step between Server Box and what it wants of the node, and says what mends the one that fails. */
export const DoctorTab = ({ node }: { node: NodeDetail }) => {
  const client = useTRPCClient();
  const mayAccess = useCan('nodes.access');
  const check = useMutation({ mutationFn: () => client.doctor.check.query({ nodeId: node.id }) });
  const run = (
    <Button
      variant={check.data === undefined ? 'primary' : 'secondary'}
      size={check.data === undefined ? 'md' : 'sm'}
      icon={Stethoscope}
      isBusy={check.isPending}
      disabledReason={mayAccess ? undefined : 'Your role does not include checking how nodes are reached.'}
      onClick={() => check.mutate()}
    >
      {check.data === undefined ? 'Check the connection' : 'Check again'}
    </Button>
  );
  return (
    <Card title="Connection doctor" actions={check.data !== undefined && run}>
      {check.isIdle && (
        <EmptyState
          icon={Stethoscope}
          title="What is between here and there?"
          description="Name, connection, host key, credential, shell, Docker: each step is tried in turn, and the first that fails says what mends it. It takes at most 20 seconds and changes nothing."
          action={run}
        />
      )}
      {check.isPending && check.data === undefined && (
        <div className={styles.waiting} aria-busy="true" role="status" aria-label="Checking">
          {['90%', '70%', '80%', '60%', '75%'].map((width) => (
            <Skeleton key={width} width={width} />
          ))}
        </div>
      )}
      {check.isError && (
        <QueryError
          size="card"
          what="the check"
          error={check.error}
          onRetry={() => check.mutate()}
          isRetrying={check.isPending}
        />
      )}
      {check.data !== undefined && <Report report={check.data} />}
    </Card>
  );
};

const toneOf = (hops: readonly DoctorHop[]): 'danger' | 'warning' | 'success' => {
  if (hops.some(({ result }) => result === 'failed')) return 'danger';
  return hops.some(({ result }) => result === 'warning') ? 'warning' : 'success';
};

const Report = ({ report }: { report: DoctorReport }) => (
  <div className={styles.report}>
    <Notice tone={toneOf(report.hops)} title={report.verdict}>
      Checked <RelativeTime at={report.at} />
    </Notice>
    {[...Map.groupBy(report.hops, ({ way }) => way)].map(([way, hops]) => (
      <section key={way} aria-label={WAY_NAMES[way]}>
        <h3 className={styles.way}>{WAY_NAMES[way]}</h3>
        <ol className={styles.chain}>
          {hops.map((hop, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: hops keep their order, and the same one may come twice.
            <Hop key={index} hop={hop} />
          ))}
        </ol>
      </section>
    ))}
  </div>
);

const Hop = ({ hop: { hop, result, text, advice, tookMs } }: { hop: DoctorHop }) => {
  const { icon: IconOf, words } = RESULTS[result];
  return (
    <li className={styles.hop} data-result={result}>
      <span className={styles.mark}>
        <IconOf size={16} role="img" aria-label={words} />
      </span>
      <div className={styles.words}>
        <p className={styles.line}>
          <span className={styles.name}>{HOP_WORDS[hop]}</span>
          {tookMs !== null && <span className={styles.took}>{formatDuration(tookMs)}</span>}
        </p>
        <p className={styles.text}>{text}</p>
        {advice !== null && <p className={styles.advice}>{advice}</p>}
      </div>
    </li>
  );
};
