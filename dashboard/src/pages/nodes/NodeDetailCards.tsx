import type { DetailMessage } from '@serverbox/contract/wire';
import { CircleCheck, CircleX } from 'lucide-react';
import { heatOf, ratioOf } from '../../components/charts/level.ts';
import { Meter } from '../../components/charts/Meter.tsx';
import { formatBytes, formatBytesPerSecond, formatCelsius, formatNumber, formatPercent } from '../../lib/format.ts';
import { Badge } from '../../ui/Badge.tsx';
import { Card } from '../../ui/Card.tsx';
import { StatusDot } from '../../ui/StatusDot.tsx';
import { Table } from '../../ui/Table.tsx';
import type { Column } from '../../ui/table-types.ts';
import styles from './NodeDetailCards.module.css';

type Disk = DetailMessage['disks'][number];
type Interface = DetailMessage['interfaces'][number];

const HOT_CELSIUS = 80;

export const CoresCard = ({ cores }: { cores: DetailMessage['cores'] }) => (
  <Card title="Cores" description={`${cores.length} ${cores.length === 1 ? 'core' : 'cores'}, busy share of each`}>
    <ul className={styles.cores}>
      {cores.map((ratio, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the number of a core is its name.
        <li key={index} className={styles.core} aria-label={`Core ${index}: ${formatPercent(ratio, 0)}`}>
          <span className={styles.column} aria-hidden="true">
            <span className={styles.fill} data-heat={heatOf(ratio)} style={{ transform: `scaleY(${ratio ?? 0})` }} />
          </span>
          <span className={styles.figure} aria-hidden="true">
            {formatPercent(ratio, 0)}
          </span>
          <span className={styles.number} aria-hidden="true">
            {index}
          </span>
        </li>
      ))}
    </ul>
  </Card>
);

const diskColumns: readonly Column<Disk>[] = [
  {
    id: 'mount',
    header: 'Mounted at',
    width: 'minmax(9rem, 1.4fr)',
    card: 'title',
    sortValue: (disk) => disk.mount,
    cell: (disk) => (
      <span className={styles.two}>
        <code>{disk.mount}</code>
        <span className={styles.minor}>
          {disk.device}, {disk.fsType}
        </span>
      </span>
    ),
  },
  {
    id: 'space',
    header: 'Space',
    width: 'minmax(11rem, 1.6fr)',
    card: 'line',
    sortValue: (disk) => ratioOf(disk.usedBytes, disk.totalBytes),
    cell: (disk) => (
      <span className={styles.two}>
        <Meter label={`Space of ${disk.mount}`} ratio={ratioOf(disk.usedBytes, disk.totalBytes)} />
        <span className={styles.minor}>
          {formatBytes(disk.usedBytes)} of {formatBytes(disk.totalBytes)}
        </span>
      </span>
    ),
  },
  {
    id: 'inodes',
    header: 'Inodes',
    width: 'minmax(7rem, 1fr)',
    card: 'hidden',
    hideBelow: 820,
    sortValue: (disk) => ratioOf(disk.inodesUsed, disk.inodesTotal),
    cell: (disk) => <Meter label={`Inodes of ${disk.mount}`} ratio={ratioOf(disk.inodesUsed, disk.inodesTotal)} />,
  },
  {
    id: 'read',
    header: 'Read',
    width: '96px',
    align: 'end',
    card: 'line',
    sortValue: (disk) => disk.readBytesPerSecond,
    cell: (disk) => formatBytesPerSecond(disk.readBytesPerSecond),
  },
  {
    id: 'write',
    header: 'Written',
    width: '96px',
    align: 'end',
    card: 'line',
    sortValue: (disk) => disk.writeBytesPerSecond,
    cell: (disk) => formatBytesPerSecond(disk.writeBytesPerSecond),
  },
  {
    id: 'busy',
    header: 'Busy',
    width: '72px',
    align: 'end',
    card: 'line',
    sortValue: (disk) => disk.busyRatio,
    cell: (disk) => formatPercent(disk.busyRatio),
  },
];

export const DisksCard = ({ disks }: { disks: readonly Disk[] }) => (
  <Card title="Disks" padding="none">
    <Table
      label="Disks"
      rows={disks}
      rowId={(disk) => `${disk.device} ${disk.mount}`}
      columns={diskColumns}
      rowHeight={56}
      empty={<p className={styles.none}>No file system was reported.</p>}
    />
  </Card>
);

const interfaceColumns: readonly Column<Interface>[] = [
  {
    id: 'name',
    header: 'Interface',
    width: 'minmax(8rem, 1.2fr)',
    card: 'title',
    sortValue: (each) => each.name,
    cell: (each) => <code>{each.name}</code>,
  },
  {
    id: 'state',
    header: 'State',
    width: 'minmax(6rem, 1fr)',
    card: 'aside',
    sortValue: (each) => (each.up ? 0 : 1),
    cell: (each) => <StatusDot tone={each.up ? 'success' : 'off'} label={each.up ? 'Up' : 'Down'} />,
  },
  {
    id: 'speed',
    header: 'Speed',
    width: '104px',
    align: 'end',
    card: 'hidden',
    hideBelow: 760,
    sortValue: (each) => each.speedBitsPerSecond,
    cell: (each) => (each.speedBitsPerSecond === null ? '—' : `${formatNumber(each.speedBitsPerSecond / 1e6)} Mbit/s`),
  },
  {
    id: 'rx',
    header: 'Received',
    width: '112px',
    align: 'end',
    card: 'line',
    sortValue: (each) => each.rxBytesPerSecond,
    cell: (each) => formatBytesPerSecond(each.rxBytesPerSecond),
  },
  {
    id: 'tx',
    header: 'Sent',
    width: '112px',
    align: 'end',
    card: 'line',
    sortValue: (each) => each.txBytesPerSecond,
    cell: (each) => formatBytesPerSecond(each.txBytesPerSecond),
  },
  {
    id: 'errors',
    header: 'Errors',
    width: '88px',
    align: 'end',
    card: 'hidden',
    sortValue: (each) => each.rxErrors + each.txErrors,
    cell: (each) => formatNumber(each.rxErrors + each.txErrors),
  },
];

export const InterfacesCard = ({ interfaces }: { interfaces: readonly Interface[] }) => (
  <Card title="Network interfaces" padding="none">
    <Table
      label="Network interfaces"
      rows={interfaces}
      rowId={(each) => each.name}
      columns={interfaceColumns}
      empty={<p className={styles.none}>No interface was reported.</p>}
    />
  </Card>
);

export const TemperaturesCard = ({ temperatures }: { temperatures: DetailMessage['temperatures'] }) => (
  <Card title="Temperatures">
    {temperatures.length === 0 ? (
      <p className={styles.minor}>This machine has no sensor that can be read.</p>
    ) : (
      <ul className={styles.list}>
        {temperatures.map(({ sensor, celsius }) => (
          <li key={sensor} className={styles.pair}>
            <span>{sensor}</span>
            <span className={styles.celsius} data-hot={celsius >= HOT_CELSIUS || undefined}>
              {formatCelsius(celsius)}
            </span>
          </li>
        ))}
      </ul>
    )}
  </Card>
);

const unitWords = (units: DetailMessage['failedUnits']): string =>
  units === null ? 'systemd does not run on this machine.' : 'No unit has failed.';

export const FailedUnitsCard = ({ units }: { units: DetailMessage['failedUnits'] }) => (
  <Card title="Failed units">
    {units === null || units.length === 0 ? (
      <p className={styles.minor}>{unitWords(units)}</p>
    ) : (
      <ul className={styles.units}>
        {units.map((unit) => (
          <li key={unit}>
            <Badge tone="danger" icon={CircleX}>
              {unit}
            </Badge>
          </li>
        ))}
      </ul>
    )}
  </Card>
);

export const CollectorsCard = ({ collectors }: { collectors: DetailMessage['collectors'] }) => (
  <Card title="Collectors" description="What the agent reads in each cycle">
    <ul className={styles.collectors}>
      {collectors.map((collector) => (
        <li key={collector.name} className={styles.pair} data-failed={!collector.ok || undefined}>
          <span className={styles.collector}>
            {collector.ok ? <CircleCheck size={14} aria-label="Works" /> : <CircleX size={14} aria-label="Failed" />}
            {collector.name}
          </span>
          <span className={styles.minor}>{collector.error ?? `${formatNumber(collector.tookMs, 1)} ms`}</span>
        </li>
      ))}
    </ul>
  </Card>
);
