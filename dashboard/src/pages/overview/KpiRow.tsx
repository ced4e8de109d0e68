import type { Overview } from '@serverbox/contract/overview';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Sparkline } from '../../components/charts/Sparkline.tsx';
import { formatBytes, formatNumber, formatPercent } from '../../lib/format.ts';
import type { NodeState } from '../nodes/node-status.ts';
import { isReachable } from '../nodes/node-status.ts';
import { fleetCpu, fleetShare, meanLine } from '../nodes/reading.ts';
import { useSparks } from '../nodes/use-sparks.ts';
import styles from './KpiRow.module.css';

/** A fleet that has just come fills its pictures with what it has. */
const LEAST_POINTS = 2;

/** Without the time before anything was known. */
const sinceKnown = (line: readonly (number | null)[]): readonly (number | null)[] => {
  const first = line.findIndex((value) => value !== null);
  return first === -1 ? line : line.slice(Math.min(first, Math.max(0, line.length - LEAST_POINTS)));
};

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
  const items = useSparks(ids);
  const lineOf = (name: 'cpu' | 'memory') => sinceKnown(meanLine(items.map((item) => item[name])));
  return { cpu: lineOf('cpu'), memory: lineOf('memory') };
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

const countState = (nodes: Overview['nodes'], state: NodeState): number =>
  nodes.filter((node) => node.status.state === state).length;

/** The worst that is to be told of the fleet, and how it looks. */
const worstOf = (nodes: Overview['nodes']): { detail: string; tone?: 'danger' | 'warning' } => {
  const count = (state: NodeState) => countState(nodes, state);
  if (count('offline') > 0) return { detail: `${count('offline')} offline`, tone: 'danger' };
  if (count('critical') > 0) return { detail: `${count('critical')} critical`, tone: 'danger' };
  if (count('warning') > 0) return { detail: `${count('warning')} with warnings`, tone: 'warning' };
  if (count('unknown') > 0) return { detail: `${count('unknown')} unknown` };
  return { detail: 'All well' };
};

/** The fleet in five figures. Whatever no node has told is "—", never zero. */
export const KpiRow = ({ nodes, counts }: { nodes: Overview['nodes']; counts: Overview['containers'] }) => {
  const sparks = useFleetSparks(nodes.map((node) => node.id));
  const online = nodes.filter((node) => isReachable(node.status.state));
  const cpu = fleetCpu(online);
  const memory = fleetShare(online, 'memUsedBytes', 'memTotalBytes');
  const disk = fleetShare(online, 'diskUsedBytes', 'diskTotalBytes');
  const knowsDocker = nodes.some((node) => node.containerCount !== null);
  const of = (share: typeof memory) =>
    share.total === null ? 'Not reported yet' : `${formatBytes(share.used)} of ${formatBytes(share.total)}`;
  return (
    <section className={styles.row} aria-label="The fleet in figures">
      <Link to="/nodes" className={styles.link}>
        <Tile label="Nodes online" value={`${online.length} / ${nodes.length}`} {...worstOf(nodes)}>
          <Parts
            parts={[
              { name: 'well', count: countState(nodes, 'online'), tone: 'success' },
              { name: 'warning', count: countState(nodes, 'warning'), tone: 'warning' },
              { name: 'critical', count: countState(nodes, 'critical'), tone: 'danger' },
              { name: 'offline', count: countState(nodes, 'offline'), tone: 'danger' },
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
        <Sparkline values={sparks.cpu} label={`CPU of the fleet, last ${sparks.cpu.length} min`} />
      </Tile>
      <Tile label="Memory" value={formatPercent(memory.ratio)} detail={of(memory)}>
        <Sparkline
          values={sparks.memory}
          label={`Memory of the fleet, last ${sparks.memory.length} min`}
          color="memory"
        />
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
