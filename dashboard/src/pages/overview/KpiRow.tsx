import type { Overview } from '@serverbox/contract/overview';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Sparkline } from '../../components/charts/Sparkline.tsx';
import { formatBytes, formatNumber, formatPercent } from '../../lib/format.ts';
import { useTRPC } from '../../lib/trpc.ts';
import { isReachable } from '../nodes/node-status.ts';
import { fleetCpu, fleetShare, meanLine } from '../nodes/reading.ts';
import styles from './KpiRow.module.css';

const SPARK_REFRESH_MS = 60_000;

interface TileProps {
  label: string;
  value: string;
  detail: string;
  tone?: 'danger' | 'warning' | undefined;
  children?: ReactNode;
}

const Tile = ({ label, value, detail, tone, children }: TileProps) => (
  <div className={styles.tile}>
    <p className={styles.label}>{label}</p>
    <p className={styles.value}>{value}</p>
    <p className={styles.detail} data-tone={tone}>
      {detail}
    </p>
    {children !== undefined && <div className={styles.picture}>{children}</div>}
  </div>
);

const useFleetSparks = (ids: readonly Overview['nodes'][number]['id'][]) => {
  const trpc = useTRPC();
  const sparks = useQuery(
    trpc.nodes.sparks.queryOptions({ ids: [...ids] }, { enabled: ids.length > 0, refetchInterval: SPARK_REFRESH_MS }),
  );
  const items = sparks.data?.items ?? [];
  return { cpu: meanLine(items.map((item) => item.cpu)), memory: meanLine(items.map((item) => item.memory)) };
};

/** A bar of parts: how much of a whole is what. */
const Parts = ({ parts }: { parts: readonly { name: string; count: number; tone: string }[] }) => (
  <div className={styles.parts} aria-hidden="true">
    {parts
      .filter((part) => part.count > 0)
      .map((part) => (
        <span key={part.name} data-tone={part.tone} style={{ flexGrow: part.count }} />
      ))}
  </div>
);

/** The fleet in five figures. Whatever no node has told is "—", never zero. */
export const KpiRow = ({ nodes, counts }: { nodes: Overview['nodes']; counts: Overview['containers'] }) => {
  const sparks = useFleetSparks(nodes.map((node) => node.id));
  const online = nodes.filter((node) => isReachable(node.status.state));
  const troubled = online.filter((node) => node.status.state !== 'online');
  const cpu = fleetCpu(online);
  const memory = fleetShare(online, 'memUsedBytes', 'memTotalBytes');
  const disk = fleetShare(online, 'diskUsedBytes', 'diskTotalBytes');
  const knowsDocker = nodes.some((node) => node.containerCount !== null);
  const offline = nodes.length - online.length;
  const healthy = online.length - troubled.length;
  const of = (share: typeof memory) =>
    share.total === null ? 'Not reported yet' : `${formatBytes(share.used)} of ${formatBytes(share.total)}`;
  return (
    <section className={styles.row} aria-label="The fleet in figures">
      <Link to="/nodes" className={styles.link}>
        <Tile
          label="Nodes online"
          value={`${online.length} / ${nodes.length}`}
          detail={
            offline > 0 ? `${offline} offline` : troubled.length > 0 ? `${troubled.length} with warnings` : 'All well'
          }
          tone={offline > 0 ? 'danger' : troubled.length > 0 ? 'warning' : undefined}
        >
          <Parts
            parts={[
              { name: 'well', count: healthy, tone: 'success' },
              { name: 'troubled', count: troubled.length, tone: 'warning' },
              { name: 'offline', count: offline, tone: 'danger' },
            ]}
          />
        </Tile>
      </Link>
      <Link to="/containers" className={styles.link}>
        <Tile
          label="Containers running"
          value={knowsDocker ? `${formatNumber(counts.running)} / ${formatNumber(counts.total)}` : '—'}
          detail={
            knowsDocker
              ? counts.unhealthy > 0
                ? `${counts.unhealthy} unhealthy`
                : 'None unhealthy'
              : 'No Docker found'
          }
          tone={counts.unhealthy > 0 ? 'danger' : undefined}
        >
          <Parts
            parts={[
              { name: 'running', count: counts.running - counts.unhealthy, tone: 'success' },
              { name: 'unhealthy', count: counts.unhealthy, tone: 'danger' },
              { name: 'stopped', count: counts.total - counts.running, tone: 'neutral' },
            ]}
          />
        </Tile>
      </Link>
      <Tile
        label="CPU"
        value={formatPercent(cpu.ratio)}
        detail={cpu.cores > 0 ? `${formatNumber(cpu.cores)} cores` : 'Not reported yet'}
      >
        <Sparkline values={sparks.cpu} label="CPU of the fleet, last hour" />
      </Tile>
      <Tile label="Memory" value={formatPercent(memory.ratio)} detail={of(memory)}>
        <Sparkline values={sparks.memory} label="Memory of the fleet, last hour" color="memory" />
      </Tile>
      <Tile label="Disk" value={formatPercent(disk.ratio)} detail={of(disk)}>
        <Parts
          parts={[
            { name: 'used', count: disk.used ?? 0, tone: 'accent' },
            { name: 'free', count: (disk.total ?? 1) - (disk.used ?? 0), tone: 'neutral' },
          ]}
        />
      </Tile>
    </section>
  );
};
