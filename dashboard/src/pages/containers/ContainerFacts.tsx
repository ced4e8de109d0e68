import type { ContainerDetail } from '@serverbox/contract/containers';
import type { ReactNode } from 'react';
import { formatNumber } from '../../lib/format.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Card } from '../../ui/Card.tsx';
import { KeyValue } from '../../ui/KeyValue.tsx';
import { RelativeTime } from '../../ui/RelativeTime.tsx';
import styles from './ContainerPage.module.css';

const SHORT_ID_CHARS = 12;

/** The engine writes year 1 for "never". */
const when = (at: string | null): ReactNode => (at === null ? '—' : <RelativeTime at={at} />);
const NOT_REPORTED = 'Not reported by this source';
/** Null: the source says nothing about it. Empty: the engine's own default holds. */
const reported = (value: string | null, byDefault: string): string =>
  value === null ? NOT_REPORTED : value || byDefault;
const argv = (words: readonly string[] | null): ReactNode =>
  words === null ? NOT_REPORTED : words.length === 0 ? '—' : <code className={styles.code}>{words.join(' ')}</code>;

const exitWords = (detail: ContainerDetail): string => {
  if (detail.state === 'running' || detail.exitCode === null) return '—';
  return detail.oomKilled ? `${detail.exitCode}, the machine or its limit ran out of memory` : String(detail.exitCode);
};

const privilegeWords = ({ privileged }: ContainerDetail): ReactNode => {
  if (privileged === null) return NOT_REPORTED;
  return privileged ? <Badge tone="danger">Privileged: it can do all that the node can</Badge> : 'Ordinary';
};

export const ContainerFacts = ({ detail }: { detail: ContainerDetail }) => (
  <div className={styles.stack}>
    <Card title="Container">
      <KeyValue
        columns={3}
        items={[
          {
            label: 'Id',
            value: <code className={styles.code}>{detail.id.slice(0, SHORT_ID_CHARS)}</code>,
            copyText: detail.id,
          },
          { label: 'Image', value: detail.image, copyText: detail.image },
          {
            label: 'Image id',
            value: (
              <code className={styles.code}>{detail.imageId.replace('sha256:', '').slice(0, SHORT_ID_CHARS)}</code>
            ),
            copyText: detail.imageId,
          },
          { label: 'Created', value: when(detail.createdAt) },
          { label: 'Started', value: when(detail.startedAt) },
          { label: 'Finished', value: detail.state === 'running' ? '—' : when(detail.finishedAt) },
          { label: 'Restarts', value: formatNumber(detail.restartCount) },
          { label: 'Restart policy', value: detail.restartPolicy || 'no' },
          { label: 'Exit code', value: exitWords(detail) },
          { label: 'Entrypoint', value: argv(detail.entrypoint) },
          { label: 'Command', value: argv(detail.command) },
          { label: 'Working directory', value: reported(detail.workingDir, '/') },
          { label: 'User', value: reported(detail.user, 'root (the default)') },
          { label: 'Host name', value: reported(detail.hostname, '—') },
          { label: 'Log driver', value: detail.logDriver ?? NOT_REPORTED },
          { label: 'Privileges', value: privilegeWords(detail) },
          { label: 'Terminal', value: detail.tty === null ? NOT_REPORTED : detail.tty ? 'Yes' : 'No' },
          { label: 'Service', value: detail.service ?? '—' },
        ]}
      />
      {detail.error && <pre className={styles.output}>{detail.error}</pre>}
    </Card>
    {detail.ports.length > 0 && <PortsCard ports={detail.ports} />}
    {detail.healthLog !== null && detail.healthLog.length > 0 && <HealthCard log={detail.healthLog} />}
  </div>
);

const PortsCard = ({ ports }: { ports: ContainerDetail['ports'] }) => (
  <Card title="Ports">
    <KeyValue
      columns={3}
      items={ports.map((port) => ({
        label: `${port.containerPort}/${port.protocol}${port.hostIp?.includes(':') ? ' (IPv6)' : ''}`,
        value: port.hostPort === null ? 'Exposed, not published' : `${port.hostIp ?? ''}:${port.hostPort}`,
      }))}
    />
  </Card>
);

const HealthCard = ({ log }: { log: NonNullable<ContainerDetail['healthLog']> }) => (
  <Card title="Health checks" description="The latest, newest first">
    <ol className={styles.checks}>
      {log.toReversed().map((check) => (
        <li key={check.at} className={styles.check} data-failed={check.exitCode !== 0 || undefined}>
          <span>{check.exitCode === 0 ? 'Passed' : `Failed with code ${check.exitCode}`}</span>{' '}
          <span className={styles.minor}>
            <RelativeTime at={check.at} />
          </span>
          {check.output !== '' && <pre className={styles.output}>{check.output}</pre>}
        </li>
      ))}
    </ol>
  </Card>
);
