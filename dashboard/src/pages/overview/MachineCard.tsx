import type { NodeSummary } from '@serverbox/contract/nodes';
import { Meter } from '../../components/charts/Meter.tsx';
import { ButtonLink } from '../../components/page/ButtonLink.tsx';
import { useNow } from '../../hooks/use-now.ts';
import { formatBytes, formatDuration, formatNumber } from '../../lib/format.ts';
import { Card } from '../../ui/Card.tsx';
import { KeyValue } from '../../ui/KeyValue.tsx';
import { Stale } from '../../ui/Stale.tsx';
import { isReachable } from '../nodes/node-status.ts';
import { figureOf, sharesOf } from '../nodes/reading.ts';
import styles from './MachineCard.module.css';

const CLOCK_MS = 10_000;

/** With a single node there is no fleet to compare: this shows more of the one. */
export const MachineCard = ({ node }: { node: NodeSummary }) => {
  const now = useNow(CLOCK_MS);
  const { facts } = node;
  const shares = sharesOf(node);
  const of = (
    used: 'memUsedBytes' | 'diskUsedBytes' | 'swapUsedBytes',
    total: 'memTotalBytes' | 'diskTotalBytes' | 'swapTotalBytes',
  ) => `${formatBytes(figureOf(node, used))} of ${formatBytes(figureOf(node, total))}`;
  const loads = (['load1', 'load5', 'load15'] as const)
    .map((field) => formatNumber(figureOf(node, field), 2))
    .join('  ');
  return (
    <Card
      title={node.isLocal ? 'This machine' : node.name}
      actions={
        <ButtonLink size="sm" variant="ghost" to="/nodes/$nodeId" params={{ nodeId: node.id }}>
          All details
        </ButtonLink>
      }
    >
      <Stale observedAt={node.reading?.observedAt ?? node.createdAt} isStale={!isReachable(node.status.state)}>
        <div className={styles.meters}>
          <Meter isLabelVisible label="CPU" ratio={shares.cpu} detail={facts ? `${facts.cpuCores} cores` : undefined} />
          <Meter isLabelVisible label="Memory" ratio={shares.memory} detail={of('memUsedBytes', 'memTotalBytes')} />
          <Meter isLabelVisible label="Disk" ratio={shares.disk} detail={of('diskUsedBytes', 'diskTotalBytes')} />
        </div>
        <KeyValue
          columns={2}
          items={[
            { label: 'System', value: facts?.os ?? '—' },
            { label: 'Kernel', value: facts?.kernel ?? '—' },
            { label: 'Processor', value: facts?.cpuModel ?? '—' },
            { label: 'Up for', value: facts ? formatDuration(now.getTime() - facts.bootedAt) : '—' },
            { label: 'Load (1, 5, 15 min)', value: loads },
            { label: 'Docker', value: facts?.dockerVersion ?? facts?.dockerProblem ?? '—' },
          ]}
        />
      </Stale>
    </Card>
  );
};
